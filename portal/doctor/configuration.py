"""The settings of a part of systemd's, as it reads them: the file, then all drop-ins by name (systemd.syntax(7))."""

from portal.doctor.machine import Machine

_FOLDERS = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
"""The later ones go before the earlier ones."""


def read(machine: Machine, name: str, section: str) -> dict[str, str]:
    """The keys of a section of `name` (journald.conf) and of NAME.d/*.conf."""
    main = [f"{folder}/{name}" for folder in _FOLDERS if machine.path(f"{folder}/{name}").exists()]
    added = {
        path.name: f"{folder}/{name}.d/{path.name}"
        for folder in _FOLDERS
        for path in sorted(machine.path(f"{folder}/{name}.d").glob("*.conf"))
    }
    found: dict[str, str] = {}
    for path in (*main[-1:], *(added[key] for key in sorted(added))):
        found |= _keys(machine.read(path), section)
    return found


def _keys(text: str, section: str) -> dict[str, str]:
    found: dict[str, str] = {}
    current = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1]
        elif "=" in line and not line.startswith(("#", ";")) and current == section:
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def is_yes(value: str) -> bool:
    """systemd's ways of writing yes."""
    return value.lower() in ("1", "yes", "y", "true", "t", "on")
