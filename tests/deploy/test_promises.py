"""What the product promises and systemd keeps stands in the units literally.

The exposure that `systemd-analyze security` finds is a sum: one directive less hardly moves it, so it sees none alone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from portal.doctor import units

DEPLOY = Path(__file__).parents[2] / "deploy"
Lines = Mapping[str, tuple[str, ...]]
"""Values by `Section.Directive`, in their order."""


def read(text: str) -> Lines:
    """Every assignment of a unit file (systemd.syntax): a directive may come again, and a line end may be escaped."""
    found: dict[str, tuple[str, ...]] = {}
    section = ""
    kept = (line for line in text.splitlines() if not line.lstrip().startswith(("#", ";")))
    for line in map(str.strip, "\n".join(kept).replace("\\\n", " ").splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            name, _, value = line.partition("=")
            name = f"{section}.{name.strip()}"
            found[name] = (*found.get(name, ()), value.strip())
    return found


def service(**values: str | tuple[str, ...]) -> Lines:
    return {f"Service.{name}": (value,) if isinstance(value, str) else value for name, value in values.items()}


def timer(at: str) -> Lines:
    """Every day, also after a night in which the machine was off."""
    return {"Timer.OnCalendar": (at,), "Timer.Persistent": ("true",), "Install.WantedBy": ("timers.target",)}


PROGRAM = "/opt/portevoix/current/venv/bin/portal"
STATE = "/var/lib/portevoix"
SECRETS = service(
    LoadCredentialEncrypted=tuple(
        f"{name}:/etc/portevoix/sealed/{name}"
        for name in ("receipt.secret", "session.secret", "portal.key", "onion.key")
    )
)
AT_BOOT = {"Install.WantedBy": ("multi-user.target",)}
NO_COPY_OF_MEMORY = service(LimitCORE="0", LimitMEMLOCK="infinity")
NO_NETWORK = service(PrivateNetwork="yes", RestrictAddressFamilies="AF_UNIX", IPAddressDeny="any")
NO_MORE_RIGHTS = service(
    NoNewPrivileges="yes",
    CapabilityBoundingSet="",
    RestrictSUIDSGID="yes",
    RestrictNamespaces="yes",
    RestrictRealtime="yes",
    LockPersonality="yes",
    MemoryDenyWriteExecute="yes",
    SystemCallArchitectures="native",
    SystemCallErrorNumber="EPERM",
)
NOTHING_OF_THE_MACHINE = service(
    ProtectSystem="strict",
    ProtectHome="yes",
    PrivateTmp="yes",
    PrivateDevices="yes",
    PrivateIPC="yes",
    PrivateMounts="yes",
    DevicePolicy="closed",
    ProtectClock="yes",
    ProtectHostname="yes",
    ProtectKernelLogs="yes",
    ProtectKernelModules="yes",
    ProtectKernelTunables="yes",
    ProtectControlGroups="yes",
    RemoveIPC="yes",
    KeyringMode="private",
)
NOTHING_OF_OTHER_PROCESSES = service(PrivateUsers="yes", ProtectProc="invisible", ProcSubset="pid")
FEW_CALLS = service(
    SystemCallFilter=("@system-service", "~@privileged @resources", "@memlock prlimit64 setrlimit"),
)
ITS_PLACE = service(
    User="portevoix",
    Group="portevoix",
    UMask="0077",
    WorkingDirectory=STATE,
    Environment=f"PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 TMPDIR={STATE}/spool",
)
ALL = {**NO_MORE_RIGHTS, **NOTHING_OF_THE_MACHINE}
ALL_OF_OURS = {**ALL, **SECRETS, **NO_COPY_OF_MEMORY, **NO_NETWORK, **FEW_CALLS, **ITS_PLACE}

MUST: dict[str, Lines] = {
    "portevoix.service": {
        **ALL_OF_OURS,
        **NOTHING_OF_OTHER_PROCESSES,
        **AT_BOOT,
        **service(
            ExecStart=f"{PROGRAM} serve --state {STATE} --keys /etc/portevoix/keys --socket /run/portevoix/portal.sock",
            Restart="on-failure",
            RestartSec="2",
            SupplementaryGroups="",
            AmbientCapabilities="",
            StateDirectory="portevoix",
            StateDirectoryMode="0700",
            RuntimeDirectory="portevoix",
            RuntimeDirectoryMode="2750",
            UnsetEnvironment="http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY "
            "PYTHONPATH PYTHONSTARTUP",
            MemorySwapMax="0",
            MemoryMax="2G",
            LimitNOFILE="8192",
            TasksMax="128",
            SocketBindDeny="any",
            SystemCallFilter=(
                "@system-service",
                "~@privileged @resources @obsolete @debug @mount @swap @reboot @raw-io @cpu-emulation @clock @module",
                "@memlock prlimit64 setrlimit",
            ),
            InaccessiblePaths="-/etc/ssh -/root -/boot -/media -/mnt -/srv",
            AppArmorProfile="-portevoix",
            StandardOutput="journal",
            StandardError="journal",
        ),
    },
    "portevoix-backup.service": {
        **ALL_OF_OURS,
        **NOTHING_OF_OTHER_PROCESSES,
        **service(
            ExecStart=f"{PROGRAM} backup --state {STATE} --keys /etc/portevoix/keys "
            "--to-file /etc/portevoix/backup.recipients --into /var/backups/portevoix",
            StandardOutput="null",
            ReadWritePaths=f"{STATE} /var/backups/portevoix",
        ),
    },
    "portevoix-doctor.service": {
        **ALL_OF_OURS,
        **service(
            ExecStart=f"{PROGRAM} doctor --state {STATE} --keys /etc/portevoix/keys "
            "--socket /run/portevoix/portal.sock --brief",
            SuccessExitStatus="3",
            ReadWritePaths=STATE,
        ),
    },
    "portevoix-tor.service": {
        **ALL,
        **NOTHING_OF_OTHER_PROCESSES,
        **AT_BOOT,
        **service(
            ExecStartPre="/usr/bin/tor -f /etc/portevoix/torrc --verify-config --hush",
            ExecStart="/usr/bin/tor -f /etc/portevoix/torrc --hush",
            Restart="on-failure",
            User="portevoix-tor",
            Group="portevoix",
            UMask="0007",
            StateDirectory="portevoix-tor",
            StateDirectoryMode="0700",
            RuntimeDirectory="portevoix-tor",
            RuntimeDirectoryMode="0750",
            LimitCORE="0",
            LimitNOFILE="65536",
            TasksMax="64",
            AmbientCapabilities="",
            RestrictAddressFamilies="AF_UNIX AF_INET AF_INET6 AF_NETLINK",
            SystemCallFilter=(
                "@system-service",
                "~@privileged @resources",
                "@memlock prlimit64 setrlimit sched_getaffinity",
            ),
            InaccessiblePaths="-/var/lib/portevoix -/etc/portevoix/keys -/etc/portevoix/sealed "
            "-/root -/media -/mnt -/srv",
        ),
    },
    "portevoix-backup.timer": timer("*-*-* 03:00:00"),
    "portevoix-doctor.timer": timer("*-*-* 06:00:00"),
}
"""By unit what it must say, word for word and no more often."""

OPENS = (
    *("Unit.JoinsNamespaceOf", "Service.NetworkNamespacePath", "Service.IPAddressAllow", "Service.SocketBindAllow"),
    *("Service.ReadWritePaths", "Service.BindPaths", "Service.BindReadOnlyPaths", "Service.ExecPaths"),
    *("Service.RootDirectory", "Service.RootImage", "Service.TemporaryFileSystem", "Service.DeviceAllow"),
    *("Service.LoadCredential", "Service.SetCredential", "Service.ImportCredential", "Service.EnvironmentFile"),
    *("Service.PassEnvironment", "Service.PermissionsStartOnly", "Service.PAMName", "Service.DynamicUser"),
    *("Service.ExecStartPre", "Service.ExecStartPost", "Service.ExecStop", "Service.ExecStopPost"),
    *("Service.Delegate", "Service.OpenFile", "Service.AmbientCapabilities"),
)
"""What would take back a promise that still stands there; only where `MUST` has it."""

ONLY_WORKS = {
    *("Type", "NotifyAccess", "ExecReload", "TimeoutStartSec", "TimeoutStopSec", "KillSignal"),
    *("SyslogIdentifier", "LogRateLimitIntervalSec", "LogRateLimitBurst", "RandomizedDelaySec"),
}
"""No promise stands on these; the booted machine of `scripts/prove booted` shows that they work."""


def broken(unit: str, text: str) -> list[str]:
    """The directives of a unit that are not as they must be; nothing if all is well."""
    found = read(text)
    wrong = [name for name, values in MUST[unit].items() if found.get(name) != values]
    return wrong + [name for name in OPENS if name in found and name not in MUST[unit]]


def lines(unit: str) -> Iterator[tuple[int, str]]:
    """Number and directive of every line on which a promise may stand."""
    section = ""
    for number, line in enumerate((DEPLOY / unit).read_text().splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        name, equals, _ = line.partition("=")
        if equals and not line.startswith("#") and section != "Unit" and name not in ONLY_WORKS:
            yield number, f"{section}.{name}"


LINES = [pytest.param(unit, *line, id=f"{unit}-{line[1]}-{line[0] + 1}") for unit in MUST for line in lines(unit)]


def test_every_unit_is_looked_at() -> None:
    assert set(MUST) == {path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer")}


@pytest.mark.parametrize("unit", MUST)
def test_the_promises_stand_there(unit: str) -> None:
    assert broken(unit, (DEPLOY / unit).read_text()) == []


def test_what_the_doctor_looks_for_is_promised() -> None:
    for name, value in units.STANDS.items():
        assert MUST[units.PORTAL][f"Service.{name}"] == (value,)


@pytest.mark.parametrize(("unit", "number", "name"), LINES)
def test_a_line_that_is_missing_changed_or_taken_back_is_noticed(unit: str, number: int, name: str) -> None:
    """Taken from the files and not from the table, so that a new line is in the table or in `ONLY_WORKS`."""
    text = (DEPLOY / unit).read_text().splitlines()
    directive, _, value = text[number].partition("=")
    for change in (
        [],
        [f"#{text[number]}"],
        [f"{directive}={'no' if value == 'yes' else value + '0'}"],
        [text[number], f"{directive}="],
        ["[Unit]", text[number], f"[{name.partition('.')[0]}]"],
    ):
        assert broken(unit, "\n".join([*text[:number], *change, *text[number + 1 :]])) == [name], change


@pytest.mark.parametrize("unit", [unit for unit in MUST if unit.endswith(".service")])
@pytest.mark.parametrize("name", OPENS)
def test_a_line_that_opens_is_noticed(unit: str, name: str) -> None:
    section, _, directive = name.partition(".")
    text = (DEPLOY / unit).read_text() + f"\n[{section}]\n{directive}=/\n"
    assert broken(unit, text) == [name]


def test_how_a_unit_is_read() -> None:
    text = "[Unit]\nA=1\n[Service]\n# B=2\n; C=3\n  D = 4 \\\n# no end\n  5\nD=\n\nD=a=b\n[Unit]\nA=6\n"
    assert read(text) == {"Unit.A": ("1", "6"), "Service.D": ("4    5", "", "a=b")}
