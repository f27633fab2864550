"""A machine of files below one folder, and of programs that print what a test says."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.doctor.finding import Finding
from portal.doctor.machine import Machine


def machine(root: Path, files: Mapping[str, str] | None = None, programs: Mapping[str, str] | None = None) -> Machine:
    """`files` by absolute name, a folder ends in /; `programs` by the beginning of their command line."""
    for name, text in (files or {}).items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(text)

    def run(command: Sequence[str]) -> str | None:
        line = " ".join([Path(command[0]).name, *command[1:]])
        return next((said for begin, said in (programs or {}).items() if line.startswith(begin)), None)

    return Machine(root, run)


def check(found: Finding, level: str, *says: str) -> None:
    """A finding of this level that says this; what is not well comes with a command or a file to mend it with."""
    assert found.level == level, found
    for text in says:
        assert text in found.message, found
    assert bool(found.fix) == (level != "ok"), found
    assert level == "ok" or "`" in found.fix or "/" in found.fix, found
    assert found.message.endswith("."), found
