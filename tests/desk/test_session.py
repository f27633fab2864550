from pathlib import Path

import pytest

from portal.desk import casebook, session
from portal.desk.session import Desk
from portal.errors import DeskError, WrongPassphrase
from tests.desk.conftest import PASSPHRASE


def test_a_desk_opens_for_whoever_has_a_keyring(root: Path) -> None:
    with session.open_desk(root, PASSPHRASE) as desk:
        assert (desk.name, desk.keyring.person) == ("police", "default")
    with pytest.raises(WrongPassphrase), session.open_desk(root, PASSPHRASE.upper()):
        pass
    with pytest.raises(DeskError, match="Nobody called bob"), session.open_desk(root, PASSPHRASE, "bob"):
        pass


def test_a_keyring_under_another_persons_name_is_refused(root: Path) -> None:
    (root / "keyring" / "default.age").rename(root / "keyring" / "bob.age")
    with pytest.raises(DeskError, match="another person"), session.open_desk(root, PASSPHRASE, "bob"):
        pass


def test_a_folder_that_only_looks_like_a_desk(root: Path) -> None:
    (root / "desk.json").write_text('{"desk":"police"}')
    with pytest.raises(DeskError, match=r"desk\.json is not"):
        session.find(root)


@pytest.mark.parametrize("writing", [True, False])
def test_an_older_casebook_is_brought_up_to_date(root: Path, monkeypatch: pytest.MonkeyPatch, writing: bool) -> None:
    monkeypatch.setattr(casebook, "STEPS", (*casebook.STEPS, "CREATE TABLE more (x)"))
    with session.open_desk(root, PASSPHRASE, writing=writing) as desk:
        assert desk.casebook.is_current
        assert desk.casebook.all("SELECT * FROM more") == []


def test_an_older_casebook_waits_for_a_command_that_writes(
    root: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casebook, "STEPS", (*casebook.STEPS, "CREATE TABLE more (x)"))
    with pytest.raises(DeskError, match="Another command"), session.open_desk(root, PASSPHRASE):
        pass
    assert not desk.casebook.is_current
