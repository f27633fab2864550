"""The desk on Windows, as far as it can be proven without one.

Read: no module of the desk imports, or asks of a module, what Windows has not. Run: a desk's whole life where a file
that is open can be neither renamed, replaced nor removed, and where a rename replaces nothing.
"""

import ast
import errno
import functools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.age import HybridIdentity
from portal.desk.cli import main
from tests.desk.played import PlayedPortal, draft

ROOT = Path(__file__).parents[2]
PHOTO = b"\xff\xd8\xff photo" * 100
POSIX_MODULES = {
    *("crypt", "curses", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "readline", "resource", "spwd"),
    *("syslog", "termios", "tty"),
}
POSIX_NAMES = frozenset(
    {"socket.AF_UNIX", "time.tzset", "signal.SIGHUP", "signal.SIGKILL", "signal.SIGUSR1", "signal.alarm"}
    | {
        f"os.{name}"
        for name in re.findall(
            r"\w+",
            """
        O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_SYNC O_DSYNC O_TMPFILE O_PATH O_NONBLOCK WNOHANG
        chown chroot confstr fchdir fchmod fchown fdatasync fork forkpty fstatvfs getegid geteuid getgid getgroups
        getloadavg getpgid getpgrp getpriority getresuid getsid getuid getxattr initgroups killpg lchmod lchown
        listxattr lockf makedev memfd_create mkfifo mknod nice openpty pathconf posix_fadvise posix_fallocate
        posix_spawn pread preadv pwrite pwritev readv removexattr sched_getaffinity sendfile setegid seteuid setgid
        setgroups setpgid setpriority setsid setuid setxattr splice statvfs sync sysconf tcgetpgrp ttyname uname
        unshare wait wait3 wait4 waitid writev""",
        )
    }
)
"""What the documentation of these modules says is not available on Windows."""
ALLOWED = {
    # The desk's page has a spool of its own for this (portal.desk.web.receiving), which a test below uses.
    ("portal.spool", "os.O_TMPFILE"),
    ("portal.spool", "os.O_CLOEXEC"),
    ("portal.spool", "os.pread"),
    ("portal.spool", "os.pwrite"),
    # `portal.files.write` is for the server: the desk takes `sync_folder` alone from there (tested below).
    ("portal.files", "os.O_CLOEXEC"),
}


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found = {}
    for path in (ROOT / "portal").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


@functools.cache
def desks() -> dict[str, ast.Module]:
    """What the desk is made of: its own modules, and all of ours that they import."""
    known, trees = modules(), dict[str, ast.Module]()
    coming = [name for name in known if f"{name}.".startswith("portal.desk.")]
    while coming:
        name = coming.pop()
        if name in trees or name not in known:
            continue
        trees[name] = ast.parse(known[name].read_text("utf-8"))
        coming += [name.rpartition(".")[0], *imported(trees[name])]
    return trees


def is_about_windows(test: ast.expr) -> str | None:
    """`==` or `!=` if an expression compares the system with Windows; `has` if it asks whether something is there."""
    text = ast.unparse(test)
    if text.startswith("hasattr(os, "):
        return "has"
    return {"sys.platform == 'win32'": "==", "sys.platform != 'win32'": "!="}.get(text)


def for_windows(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node that Windows would come to, in the order of the source."""
    for statement in statements:
        about = is_about_windows(statement.test) if isinstance(statement, ast.If) else None
        if isinstance(statement, ast.If) and about:
            yield from for_windows(statement.body if about == "==" else statement.orelse)
            if about == "==" and isinstance(statement.body[-1], ast.Return):
                return
            continue
        yield statement
        for _, value in ast.iter_fields(statement):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield from for_windows(value)
            elif isinstance(value, list):
                for part in (part for part in value if isinstance(part, ast.AST)):
                    inside = getattr(part, "body", None)
                    yield from for_windows(inside) if isinstance(inside, list) else ast.walk(part)
            elif isinstance(value, ast.AST):
                yield from ast.walk(value)


def posix_only(tree: ast.Module) -> set[str]:
    found = set()
    for node in for_windows(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {name.partition(".")[0] for name in imported(node)} & POSIX_MODULES
        elif isinstance(node, ast.Attribute):
            found |= {ast.unparse(node)} & POSIX_NAMES
    return found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import fcntl", {"fcntl"}),
        ("from pwd import getpwuid", {"pwd"}),
        ("def f():\n    import resource", {"resource"}),
        ("if sys.platform != 'win32':\n    import fcntl", set()),
        ("if sys.platform == 'win32':\n    import msvcrt\nelse:\n    import fcntl", set()),
        ("if sys.platform == 'win32':\n    import fcntl", {"fcntl"}),
        ("def f():\n    if sys.platform == 'win32':\n        return\n    os.sync()", set()),
        ("def f():\n    os.sync()\n    if sys.platform == 'win32':\n        return", {"os.sync"}),
        ("class C:\n    def f(self):\n        with x:\n            return os.geteuid() == 0", {"os.geteuid"}),
        ("try:\n    pass\nexcept OSError:\n    os.fork()", {"os.fork"}),
        ("if hasattr(os, 'posix_fadvise'):\n    os.posix_fadvise(1)", set()),
        ("signal.signal(signal.SIGHUP, f)", {"signal.SIGHUP"}),
    ],
)
def test_the_reading_finds_them(code: str, found: set[str]) -> None:
    assert posix_only(ast.parse(code)) == found


def test_no_module_of_the_desk_needs_posix() -> None:
    trees = desks()
    assert {"portal.desk.folder", "portal.desk.web.serving", "portal.age.file", "portal.spool"} <= trees.keys()
    found = {(name, what) for name, tree in trees.items() for what in posix_only(tree)}
    assert found == ALLOWED


def test_the_desk_writes_no_file_as_the_server_does() -> None:
    taken = {name for tree in desks().values() for name in imported(tree) if name.startswith("portal.files.")}
    assert taken <= {"portal.files.sync_folder"}


def test_every_text_file_says_its_encoding() -> None:
    """Windows would else read and write it in the code page of its country."""
    unsaid = []
    for name, tree in desks().items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            said = any(keyword.arg == "encoding" for keyword in node.keywords)
            if node.func.attr == "read_text" and not (said or node.args):
                unsaid.append(f"{name}:{node.lineno}")
            if node.func.attr == "write_text" and not (said or len(node.args) > 1):
                unsaid.append(f"{name}:{node.lineno}")
    assert unsaid == []


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' rules for files that are open, in this process."""

    def is_open(path: str) -> bool:
        wanted = os.path.realpath(path)
        descriptors = Path("/proc/self/fd")
        opened = (os.path.realpath(descriptor) for descriptor in descriptors.iterdir())
        return any(name == wanted or name.startswith(wanted + os.sep) for name in opened)  # or something in the folder

    def refuse(path: object) -> None:
        if is_open(os.fspath(path)):  # type: ignore[call-overload]
            raise PermissionError(
                errno.EACCES, "The process cannot access the file because it is being used", str(path)
            )

    unlink, replace, rename = os.unlink, os.replace, os.rename

    def checked_unlink(path: object, **more: object) -> None:
        refuse(path)
        unlink(path, **more)  # type: ignore[call-overload]

    def checked_replace(source: object, to: object, **more: object) -> None:
        refuse(source)
        refuse(to)
        if os.path.isdir(source) and os.path.lexists(to):  # type: ignore[arg-type]
            raise PermissionError(errno.EACCES, "Access is denied", str(to))
        replace(source, to, **more)  # type: ignore[call-overload]

    def checked_rename(source: object, to: object, **more: object) -> None:
        refuse(source)
        if os.path.lexists(to):  # type: ignore[arg-type]
            raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", str(to))
        rename(source, to, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "unlink", checked_unlink)
    monkeypatch.setattr(os, "remove", checked_unlink)
    monkeypatch.setattr(os, "replace", checked_replace)
    monkeypatch.setattr(os, "rename", checked_rename)


@pytest.mark.usefixtures("windows")
def test_those_rules_hold_here(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb"), pytest.raises(PermissionError):
        path.unlink()
    other = tmp_path / "other"
    other.write_bytes(b"")
    with pytest.raises(FileExistsError):
        path.rename(other)
    path.unlink()
    assert not path.exists()


@pytest.mark.usefixtures("windows")
def test_a_desks_whole_life(
    root: Path, portal: PlayedPortal, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Import, answer, refer, hand out, purge, back up, put back, new keys: by Windows' rules."""

    def desk(*words: object, status: int = 0) -> str:
        assert main([*map(str, words), "--passphrase-file", str(passphrase_file)]) == status, capsys.readouterr().err
        return capsys.readouterr().out

    for number in range(3):
        portal.file(draft(f"Report {number}", channel="travel", files=[PHOTO]), files=[PHOTO])
    desk("import", root, portal.export(), "--portal-key", portal.key_file)
    desk("reply", root, "2026-0001", "--status", "under-review")
    desk("extract", root, "2026-0001", 1, tmp_path / "photo")
    desk("refer", root, "2026-0001", tmp_path / "referral", "--attachments")
    desk("pack", root, tmp_path / "pack.tar")
    identity = HybridIdentity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    desk("authority", root, "add", "police", "--title", "Police", "--recipient", identity.recipient)
    desk("quarantine", root, "2026-0003", 1, tmp_path / "sealed.age", "--to", "police")
    desk("purge", root, "2026-0002", "--yes")
    desk("rotate", root)
    desk("backup", root, tmp_path / "backup.age", "--to", identity.recipient)
    again = tmp_path / "again"
    desk("restore", tmp_path / "backup.age", again, "-i", tmp_path / "identity")
    desk("verify", again)
    assert len(json.loads(desk("list", again, "--json"))) == 2
