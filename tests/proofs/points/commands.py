"""The operator's commands, killed at named points and repeated."""

import hashlib
import itertools
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from portal import bundle, cli, state
from portal.age import HybridIdentity
from portal.backup import RESTORED_BUNDLES
from portal.store import Store, sqlite_url
from portal.store.copies import ReplyRow
from portal.store.schema import metadata
from tests.e2e.parts import ROOT
from tests.intake_world import Desk
from tests.postgres import Server
from tests.proofs.points import Point, Tally
from tests.proofs.points.table import DESKS, KEY_FILES
from tests.store.helpers import MIB, add, answer, chunks, claim, content, identifier, ids

PROGRAM = (sys.executable, "-m", "tests.planted.dying_portal")
AT_ONCE_SECONDS = 10.0
"""A database that needs longer for its first answer has not opened at once."""
LARGE, *SMALL = sorted(range(4), key=identifier)
SIZES = {LARGE: 2 * MIB + 1, **dict.fromkeys(SMALL, 1000)}
"""Bytes of the items; the first in the order of ids has three chunks."""
CONTENTS = {identifier(number): content(number, size) for number, size in SIZES.items()}
SHARED = SMALL[0]
"""Waits for two desks."""
ANSWER = answer(9)
KEPT = ReplyRow(identifier(7)[:16], identifier(0), "9999-12", b"an answer")
EXPIRED = ReplyRow(identifier(8)[:16], identifier(0), "2020-01", b"an old answer")
NEW = ("init", "restore")
"""These begin with no portal."""


def die(chosen: Sequence[Point], tally: Tally, server: Server | None) -> None:
    """Die at each of these points, on a new copy of the same portal each time."""
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder, "start")
        url = server.new_database() if server else None
        make(start, url)
        for number, point in enumerate(chosen):
            copy = Path(shutil.copytree(start, Path(folder, str(number))))
            database = server and url and (server.new_database() if point.doing in NEW else server.copy_of(url))
            tally.add(point, Scene(copy, database, server).play(point))


def make(folder: Path, url: str | None) -> None:
    """A portal with four items and two answers, the police's first pack, and a backup, in a new folder."""
    made = state.create(folder / "state")
    keys = folder / "keys"
    keys.mkdir()
    desks = [Desk(name) for name in DESKS]
    for desk in desks:
        desk.publish(keys)
    with closing(Store(url or sqlite_url(folder / "state" / "portal.db"))) as store:
        store.create()
        for number, size in SIZES.items():
            add(store, number, ("police", "ecpat") if number == SHARED else ("police",), size)
        store.copies.put_replies([KEPT, EXPIRED])
        store.next_bundle_counter("police")
    collected = [bundle.Collected(*(each.hex() for each in claim(number, size))) for number, size in SIZES.items()]
    replies = [bundle.PackReply(ANSWER.id.hex(), ANSWER.locator.hex(), _sha(ANSWER.sealed), len(ANSWER.sealed))]
    site = bundle.site(made.public_key)
    pack = bundle.Pack("portevoix/pack/1", "desk-to-portal", site, "police", 1, collected, replies)
    (folder / "pack").write_bytes(b"".join(bundle.write(pack, desks[0].signing.secret_key, [[ANSWER.sealed]])))
    shutil.copy(folder / "state" / state.SESSION_SECRET, folder / "state" / "session before")
    (folder / "identity").write_text(f"{HybridIdentity.generate()}\n")
    assert Scene(folder, url).run(*Scene(folder, url).line("backup", "old backup")) == 0


class Scene:
    """One portal, at which one command dies."""

    def __init__(self, folder: Path, database: str | None, server: Server | None = None) -> None:
        self.folder = folder
        self.state = folder / "state"
        self._database = database
        self._server = server

    def store(self, folder: Path | None = None) -> Store:
        """Its database."""
        return Store(self._database or sqlite_url((folder or self.state) / "portal.db"))

    def line(self, doing: str, out: str = "out") -> list[str | Path]:
        """The command, as it is typed."""
        state_and_keys = ("--state", self.state, "--keys", self.folder / "keys")
        identity = self.folder / "identity"
        return {
            "init": ["init", "--state", self.folder / "new"],
            "renew-session": ["renew-session", "--state", self.state],
            "import": ["import", *state_and_keys, self.folder / "pack"],
            "export": ["export", "--state", self.state, "--desk", "police", self.folder / out],
            "tend": ["tend", "--state", self.state],
            "backup": ["backup", *state_and_keys, self.folder / out, "--to", _recipient(identity)],
            "restore": ["restore", self.folder / "old backup", "--state", self.folder / "new", "-i", identity],
        }[doing]

    def run(self, *line: str | Path) -> int:
        """Run a command to its end; the exit status."""
        return cli.main([*map(str, line), *(["--database", self._database] if self._database else [])])

    def play(self, point: Point) -> list[str]:
        """Die at a point, look, repeat the command, look again: what was wrong."""
        before = {} if point.doing in NEW else rows(self.store())
        line = self.line(point.doing)
        try:
            self._die(point, line)
            if point.doing != "init":
                self._check_it_opens(self.folder / "new" if point.doing in NEW else self.state)
            CHECKS[point.doing](self, before, self.run(*line))
        except Exception as error:  # noqa: BLE001  (whatever it is, the other points are still to be seen)
            return [f"{type(error).__name__}: {error}"]
        return []

    def _die(self, point: Point, line: Sequence[str | Path]) -> None:
        told = self.folder / "dies at"
        told.write_text(f"{point.count} {point.reached}")
        database = ["--database", self._database] if self._database else []
        done = subprocess.run([*PROGRAM, told, *line, *database], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, f"it did not die, but ended with {done.returncode}: {done.stderr}"

    def _check_it_opens(self, folder: Path) -> None:
        """At once, no chunk is without its item, and what any desk waits for is whole."""
        begin = time.monotonic()
        with closing(self.store(folder)) as store:
            store.check_schema()
            assert time.monotonic() - begin < AT_ONCE_SECONDS, "it did not open at once"
            chunks(store)
            for row in itertools.chain.from_iterable(store.copies.items()):
                assert b"".join(store.read_item(row.id)) == CONTENTS[row.id], "an item that still waits is not whole"


def check_init(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """A portal that can serve, and no secret has a second name."""
    assert status == 0, "the repeated init was refused"
    new = scene.folder / "new"
    key = bytes(state.load(new).public_key)
    assert (new / state.PUBLIC_KEY).read_bytes().strip() == key, "another public key"
    assert not list(new.glob(".*")), "a secret has a second name"
    with closing(scene.store(new)) as store:
        store.check_schema()


def check_renewal(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """What was sealed under the old secret still opens."""
    assert status == 0, "the repeated command was refused"
    old = (scene.state / "session before").read_text().strip()
    first, *others = state.load(scene.state).session_secrets
    assert old in {each.hex() for each in others}, "the old secret is lost"
    assert old != first.hex(), "there is no new secret"
    assert not list(scene.state.glob(".*")), "a secret has a second name"


def check_import(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """The items are gone but for the one that another desk waits for, and the answer is there, once."""
    assert status == 0, "the repeated import was refused"
    with closing(scene.store()) as store:
        assert ids(store) == [], "the desk's items still wait"
        assert ids(store, "ecpat") == [identifier(SHARED)], "another desk's item is lost"
        assert chunks(store) == {identifier(SHARED): [0]}, "an item or a chunk stayed"
        assert b"".join(store.read_item(identifier(SHARED))) == content(SHARED, SIZES[SHARED])
        found = sorted(reply.id for reply in store.replies(ANSWER.locator))
        assert found == sorted([ANSWER.id, KEPT.id, EXPIRED.id]), "an answer is lost or there twice"
        assert (store.taken("police"), store.confirmed_pack("police")) == ([ANSWER.id], 1)
    assert scene.run(*scene.line("import")) == 0, "a pack of yesterday"


def check_export(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """The bundle is whole, no number was given twice, and all is still there."""
    assert status == 0, "the repeated export was refused"
    reader = bundle.Reader([(scene.folder / "out").read_bytes()])
    reader.front.verified([state.load(scene.state).public_key])
    manifest = reader.manifest(bundle.Bundle)
    found = [b"".join(pieces) for _, pieces in reader.members(manifest)]
    assert found == [content(number, size) for number, size in SIZES.items()], "the bundle is not whole"
    with closing(scene.store()) as store:
        assert manifest.counter == store.next_bundle_counter("police") - 1 > 1, "a number was given twice"
    after = rows(scene.store())
    assert {**after, "collected": None} == {**before, "collected": None}, "an export changed something"
    # What was not renamed keeps a name that nobody takes for a bundle.
    assert all(path.name.startswith(".out.") for path in scene.folder.glob("*out*") if path.name != "out")


def check_tend(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """All is there but the expired answer."""
    assert status == 0, "the repeated command was refused"
    before["reply"] = [row for row in before["reply"] if EXPIRED.id not in row]  # type: ignore[operator]
    assert rows(scene.store()) == before, "the rewrite lost something"


def check_backup(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """There is one, whole; the repeat was refused only if that one was there before."""
    assert status == 0 or (scene.folder / "out").exists(), "the repeated backup was refused"
    shutil.move(scene.folder / "out", scene.folder / "old backup")
    database = scene._server.new_database() if scene._server else None
    other = Scene(scene.folder, database)
    check_restore(other, {}, other.run(*other.line("restore")))


def check_restore(scene: Scene, before: dict[str, list[object]], status: int) -> None:
    """The same portal, whole; the repeat was refused only if all secrets were there before."""
    new = scene.folder / "new"
    assert status == 0 or (new / state.RECEIPT_SECRET).exists(), "the repeated restore was refused"
    for name in (state.RECEIPT_SECRET, state.SESSION_SECRET, state.SIGNING_KEY, state.PUBLIC_KEY):
        assert (new / name).is_file(), f"{name} is missing"
        assert (new / name).read_bytes() == (scene.state / name).read_bytes(), f"{name} is another"
    assert len(list((new / "keys").iterdir())) == KEY_FILES, "a desk's key is missing"
    with closing(scene.store(new)) as store:
        assert ids(store) == [identifier(number) for number in SIZES], "an item is lost"
        for number, size in SIZES.items():
            assert b"".join(store.read_item(identifier(number))) == content(number, size), "an item has other bytes"
        assert len(chunks(store)) == len(SIZES)
        assert {reply.id for reply in store.replies(KEPT.locator)} == {KEPT.id, EXPIRED.id}, "an answer is lost"
        assert store.next_bundle_counter("police") > RESTORED_BUNDLES, "a number may be given twice"
    if scene._database:
        text = (new / "portal.toml").read_text() if (new / "portal.toml").exists() else ""
        assert scene._database in text, "the new portal does not know its database"


CHECKS: dict[str, Callable[[Scene, dict[str, list[object]], int], None]] = {
    "init": check_init,
    "renew-session": check_renewal,
    "import": check_import,
    "export": check_export,
    "tend": check_tend,
    "backup": check_backup,
    "restore": check_restore,
}


def rows(store: Store) -> dict[str, list[object]]:
    """All rows of a store that is not needed any more, by table."""
    with closing(store), store._read() as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(select(table)))
            for name, table in metadata.tables.items()
        }


def _recipient(identity: Path) -> str:
    return str(HybridIdentity.parse(identity.read_text().strip()).recipient)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
