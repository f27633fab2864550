"""Several people at one desk: who gets in, who does not any more, and what the chain of custody says of it."""

import json
from pathlib import Path

import pytest

from portal.channels import Channel
from portal.desk import cli, keyring, people, session
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.errors import DeskError, WrongPassphrase
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft

OTHER = "another six words of bob"


@pytest.fixture
def with_bob(root: Path) -> Path:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        people.let_in(desk, "bob", OTHER, 1)
    return root


def names(root: Path) -> list[str]:
    with session.open_desk(root, PASSPHRASE) as desk:
        return [person.name for person in people.listed(desk) if person.is_ready]


def test_each_has_a_passphrase_of_their_own(with_bob: Path) -> None:
    assert names(with_bob) == ["bob", "default"]
    with session.open_desk(with_bob, OTHER, "bob") as desk:
        assert desk.person == "bob"
    with pytest.raises(WrongPassphrase), session.open_desk(with_bob, PASSPHRASE, "bob"):
        pass


def test_who_is_removed_is_out_and_old_items_still_open(
    with_bob: Path, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    """What the portal sealed before it had the new keys is imported after them."""
    portal.file(draft("before the change"))
    with session.open_desk(with_bob, PASSPHRASE, writing=True) as desk:
        old = desk.keyring
        new = people.remove(desk, "bob")
    assert names(with_bob) == ["default"]
    assert new.recipient != old.recipient
    assert new.verify_key != old.verify_key
    with session.open_desk(with_bob, PASSPHRASE, writing=True) as desk:
        outcome = import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        assert len(outcome.cases) == 1
    with pytest.raises(DeskError, match="Nobody called bob"), session.open_desk(with_bob, OTHER, "bob"):
        pass


def test_the_chain_of_custody_holds_across_all_of_it(with_bob: Path) -> None:
    with session.open_desk(with_bob, PASSPHRASE, writing=True) as desk:
        people.rotate(desk)
    with session.open_desk(with_bob, OTHER, "bob", writing=True) as desk:
        people.change_passphrase(desk, OTHER + " more", 1)
    with session.open_desk(with_bob, PASSPHRASE, writing=True) as desk:
        people.remove(desk, "bob")
    with session.open_desk(with_bob, PASSPHRASE, writing=True) as desk, desk.casebook.transaction():
        desk.record("settings-changed")
    assert verify(with_bob) == 0


def verify(root: Path) -> int:
    file = root.parent / "passphrase-of-verify"
    file.write_text(PASSPHRASE)
    return cli.main(["verify", str(root), "--passphrase-file", str(file)])


def test_refused(with_bob: Path) -> None:
    with session.open_desk(with_bob, PASSPHRASE, writing=True) as desk:
        with pytest.raises(DeskError, match="cannot remove yourself"):
            people.remove(desk, session.PERSON)
        with pytest.raises(DeskError, match="Nobody called carl"):
            people.remove(desk, "carl")
        with pytest.raises(DeskError, match="has a keyring here already"):
            people.let_in(desk, "bob", OTHER, 1)
        with pytest.raises(DeskError, match="small letters"):
            people.let_in(desk, "../bob", OTHER, 1)
        with pytest.raises(DeskError, match="fewer than 8"):
            people.let_in(desk, "carl", "short", 1)
        with pytest.raises(DeskError, match="fewer than 8"):
            people.change_passphrase(desk, "short", 1)
    assert names(with_bob) == ["bob", "default"]


def test_letting_in_that_was_broken_off_is_done_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        with monkeypatch.context() as patch:
            patch.setattr(people.folder, "write", interrupted)
            with pytest.raises(KeyboardInterrupt):
                people.let_in(desk, "bob", OTHER, 1)
        assert [person for person in people.listed(desk) if not person.is_ready] == [people.Person("bob", False)]
        people.let_in(desk, "bob", OTHER, 1)
    assert names(root) == ["bob", "default"]


def interrupted(path: Path, content: bytes) -> None:
    raise KeyboardInterrupt


def test_the_commands(
    root: Path,
    passphrase_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keyring, "WORK_FACTOR", 1)
    new = tmp_path / "new"
    new.write_text(OTHER + "\n")

    def run(*words: str) -> str:
        assert cli.main([words[0], str(root), *words[1:], "--passphrase-file", str(passphrase_file)]) == 0
        return capsys.readouterr().out

    assert "can open this desk now" in run("add-person", "bob", "--new-passphrase-file", str(new))
    assert run("people") == "bob\ndefault  (you)\n"
    assert json.loads(run("people", "--json")) == [{"name": "bob", "ready": True}, {"name": "default", "ready": True}]
    assert "age1pq1" in run("rotate")
    assert "cannot open this desk any more" in run("remove-person", "bob")
    assert "1 older identity" not in run("key")
    assert "is changed" in run("passphrase", "--new-passphrase-file", str(new))
    passphrase_file.write_text(OTHER)
    assert run("people") == "default  (you)\n"
