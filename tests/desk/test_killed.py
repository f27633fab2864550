"""The machine dies while keys, people or portals change: the desk opens, the log holds, and doing it again ends it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import minisign
import pytest

from portal.age import HybridIdentity
from portal.channels import Channel
from portal.desk import custody, people, portals, session
from portal.desk.folder import Folder
from portal.desk.importing import import_bundle
from portal.desk.keyring import Keys
from portal.desk.paper import lines, making, opening, sheet
from portal.desk.portals import Trust
from portal.desk.session import Desk
from portal.desk.trusting import trust
from portal.errors import DeskError, WrongPassphrase
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft
from tests.desk.test_crash import steps

NEW = "quite another six words now"


@pytest.fixture
def start(new_desk: Path, tmp_path: Path, portal: PlayedPortal, channels: dict[str, Channel]) -> Path:
    """A desk of default and bob with one case, to be copied again and again."""
    root = Path(shutil.copytree(new_desk, tmp_path / "start"))
    portal.file(draft("one"))
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        people.let_in(desk, "bob", PASSPHRASE, 1)
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    return root


@pytest.fixture
def root(start: Path, tmp_path: Path) -> Path:
    return tmp_path / "desk"


@pytest.fixture
def fresh(start: Path, root: Path) -> Callable[[], None]:
    """Puts the desk back as it was."""

    def again() -> None:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(start, root)

    return again


def opened(root: Path, passphrase: str = PASSPHRASE, person: str = session.PERSON) -> tuple[Keys, list[str]]:
    """The next one who writes ends what was begun; the keys, and the acts of a log that holds."""
    with session.open_desk(root, passphrase, person, writing=True) as desk:
        assert desk.casebook.one("SELECT count(*) FROM rekeying") == (0,)
        assert desk.casebook.one("SELECT count(*) FROM cases") == (1,)
        assert desk.casebook.all("PRAGMA quick_check") == [("ok",)]
        return desk.keyring.keys, _acts(desk)


def _acts(desk: Desk) -> list[str]:
    custody.check(desk.casebook, [desk.keyring.verify_key])
    return [record.entry.act for record in custody.records(desk.casebook)]


def opens(root: Path, passphrase: str) -> bool:
    try:
        with session.open_desk(root, passphrase):
            return True
    except WrongPassphrase:
        return False


def test_new_keys(start: Path, root: Path, fresh: Callable[[], None]) -> None:
    before, _ = opened(start)

    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            people.rotate(desk)

    seen = set()
    for _ in steps(work, fresh):
        keys, acts = opened(root)
        changed = keys != before
        assert changed == ("key-rotated" in acts)
        assert keys.identities[-1] == before.identities[0]
        assert str(keys.recipient) in (root / "public" / "police.recipients").read_text()
        assert (root / "public" / "police.pub").read_bytes() == bytes(keys.verify_key) + b"\n"
        assert opened(root, person="bob")[0] == keys
        seen.add(changed)
    assert seen == {False, True}


def test_a_new_passphrase(root: Path, fresh: Callable[[], None]) -> None:
    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            people.change_passphrase(desk, NEW, 1)

    seen = set()
    for _ in steps(work, fresh):
        ways = (opens(root, PASSPHRASE), opens(root, NEW))
        assert ways in ((True, False), (False, True))
        opened(root, PASSPHRASE if ways[0] else NEW)
        seen.add(ways)
    assert len(seen) == 2


def test_somebody_is_removed(start: Path, root: Path, fresh: Callable[[], None]) -> None:
    before, _ = opened(start)
    kept = (start / "keyring" / "bob.age").read_bytes()

    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            people.remove(desk, "bob")

    seen = set()
    for _ in steps(work, fresh):
        keys, acts = opened(root)
        changed = keys != before
        assert changed == ("person-removed" in acts)
        assert (root / "keyring" / "bob.age").exists() != changed
        if changed:
            (root / "keyring" / "bob.age").write_bytes(kept)
            with pytest.raises(DeskError, match="bob does not work at this desk any more"):
                opened(root, person="bob")
        seen.add(changed)
    assert seen == {False, True}


def test_somebody_is_let_in(root: Path, fresh: Callable[[], None]) -> None:
    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            people.let_in(desk, "carl", NEW, 1)

    for _ in steps(work, fresh):
        opened(root)
        if not (root / "keyring" / "carl.age").exists():
            work()
        opened(root, NEW, "carl")


def paper_of(root: Path) -> HybridIdentity:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        return lines.read(making.dictate(desk))


def test_the_way_back_in(start: Path, root: Path, fresh: Callable[[], None]) -> None:
    paper = paper_of(start)

    def work() -> None:
        opening.recover(Folder(root), paper, session.PERSON, NEW, 1)

    seen = set()
    for _ in steps(work, fresh):
        ways = (opens(root, PASSPHRASE), opens(root, NEW))
        assert ways in ((True, False), (False, True))
        assert not ways[1] or "recovered" in opened(root, NEW)[1]
        work()
        opened(root, NEW)
        seen.add(ways)
    assert len(seen) == 2


def test_a_paper_copy_that_lies_there_is_in_the_log(
    root: Path, fresh: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = root.parent / "paper.pdf"
    # typst has threads of its own, which a fork leaves behind.
    monkeypatch.setattr(sheet, "write", lambda own, day: b"%PDF of " + own.identity.encode())

    def again() -> None:
        fresh()
        out.unlink(missing_ok=True)

    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            making.print_copy(desk, out)

    with_letters = 0
    for _ in steps(work, again, stride=1):
        _, acts = opened(root)
        if out.exists() and out.stat().st_size:
            assert "paper-copied" in acts
            with_letters += 1
    assert with_letters


def test_a_portals_new_key(start: Path, root: Path, portal: PlayedPortal, fresh: Callable[[], None]) -> None:
    old, new = portal.keys.public_key, minisign.KeyPair.generate().public_key

    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            trust(desk, None, new, portals.words(new))

    def known() -> minisign.PublicKey:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            (portal,) = portals.pinned(desk.casebook)
            assert ("portal-trusted" in _acts(desk)) == (portal.key == new)
            return portal.key

    for _ in steps(work, fresh):
        if known() == old:
            work()
        assert known() == new
    assert known() == new
