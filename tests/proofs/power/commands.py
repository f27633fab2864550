"""The power goes while a command of the operator writes the portal's secrets, or a bundle.

The database lies in a folder of its own and keeps all that was written, as one on another machine does: SQLite would
sync the state folder's names as well, and so hide that nobody else did.
"""

import contextlib
import io
import random
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from portal import cli, state
from portal.age import HybridIdentity
from portal.errors import SettingsError
from portal.store import Store, sqlite_url
from tests.proofs.power.names import Disk, Tree, read
from tests.proofs.power.recording import record
from tests.store.helpers import add
from tests.test_desks import write_desk

COMMANDS = ("init", "renew-session", "export", "backup", "restore")
PROGRAM = "portal.cli"
PLANTED = "tests.planted.unsynced_portal"
DATABASES = "databases"


class Scene:
    """A portal with one item in `state`, its backup, and the empty folder of a new one, below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in (DATABASES, "state", "new"):
            (root / name).mkdir(parents=True)
        url = self._url("state")
        assert self.run(["init", "--state", str(root / "state"), "--database", url]) == 0
        write_desk(root / "keys", "police")
        (root / "identity").write_text(f"{HybridIdentity.generate()}\n")
        with closing(Store(url)) as store:
            add(store, 1)
        assert self.run(self.line("backup", "old backup")) == 0

    def _url(self, name: str) -> str:
        return sqlite_url(self.root / DATABASES / f"{name}.db")

    def line(self, doing: str, out: str = "out") -> list[str]:
        """A command, as it is typed."""
        old, new = (["--state", str(self.root / name), "--database", self._url(name)] for name in ("state", "new"))
        keys, to, identity = (str(self.root / name) for name in ("keys", out, "identity"))
        recipient = str(HybridIdentity.parse(Path(identity).read_text().strip()).recipient) if doing == "backup" else ""
        return {
            "init": ["init", *new],
            "renew-session": ["renew-session", *old],
            "export": ["export", *old, "--desk", "police", to],
            "backup": ["backup", *old, "--keys", keys, to, "--to", recipient],
            "restore": ["restore", str(self.root / "old backup"), *new, "-i", identity],
        }[doing]

    def run(self, line: list[str]) -> int:
        """Run a command in this process; the exit status."""
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return cli.main(line)

    def put(self, tree: Tree) -> None:
        """Make the folder what a disk has kept."""
        for path in self.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, data in sorted(tree.items()):
            if data is None:
                Path(name).mkdir(mode=0o700, exist_ok=True)
            else:
                Path(name).write_bytes(data)
                Path(name).chmod(0o600)

    def portal(self, doing: str) -> Path:
        """The state folder that a command writes."""
        return self.root / ("new" if doing in ("init", "restore") else "state")


def faults(doing: str, tree: Tree, before: Tree, after: Tree, *, ended: bool) -> list[str]:
    """What is wrong with the files that a disk kept, but for the databases and those that begin with a dot."""
    wrong = []
    for name in sorted(before.keys() | after.keys()):
        path = Path(name)
        if path.parent.name == DATABASES or path.name.startswith(".") or after.get(name) is None:
            continue
        found = tree.get(name)
        if found != after[name] and (ended or found != before.get(name)):
            wrong.append(f"{doing}: {path.name} is {'not kept' if found is None else 'not whole'}")
    return wrong


def _again(scene: Scene, doing: str, tree: Tree) -> list[str]:
    """What is wrong when the same command is given after the power came back."""
    scene.put(tree)
    portal, secrets = scene.portal(doing), (state.RECEIPT_SECRET, state.SIGNING_KEY)
    kept = {name: (portal / name).read_bytes() for name in secrets if (portal / name).exists()}
    status = scene.run(scene.line(doing))
    done = {"backup": scene.root / "out", "restore": portal / state.RECEIPT_SECRET}.get(doing)
    # These refuse to do again what is done.
    if status and (done is None or str(done) not in tree):
        return [f"{doing}: the same command ended with {status}"]
    try:
        state.load(portal)
    except SettingsError as error:
        return [f"{doing}: {error}"]
    return [f"{doing}: {name} is another" for name, data in kept.items() if (portal / name).read_bytes() != data]


def trial(
    doing: tuple[str, ...] = COMMANDS, *, fault: str = "", seed: int = 1, one_in: int = 1
) -> tuple[int, list[str]]:
    """How many states of the disk were looked at, and what was wrong; `fault` is one of `PLANTED`.

    With `one_in`, the same command is given again in one of so many states, drawn by the seed.
    """
    tried, wrong, draw = 0, list[str](), random.Random(seed)
    with tempfile.TemporaryDirectory() as work:
        scene = Scene(Path(work, "portal"))
        start = read(scene.root)
        for name in doing:
            scene.put(start)
            program, arguments = (PLANTED, [fault, *scene.line(name)]) if fault else (PROGRAM, scene.line(name))
            operations = record(scene.root, program, arguments, Path(work, "trace"))
            after, disk = read(scene.root), Disk(start, str(scene.root / DATABASES))
            seen = set[int]()
            for operation in operations:
                disk.do(operation)
                for tree in disk.states():
                    if (key := hash(frozenset(tree.items()))) not in seen:
                        seen.add(key)
                        wrong += faults(name, tree, start, after, ended=False)
                        if draw.randrange(one_in) == 0:
                            wrong += _again(scene, name, tree)
            for tree in disk.states():
                wrong += faults(name, tree, start, after, ended=True)
            tried += len(seen)
    return tried, wrong
