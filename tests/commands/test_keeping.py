"""`portal backup` and `portal restore` as an operator meets them."""

import io
import sys
from contextlib import closing
from pathlib import Path

import pytest

from portal import cli, state
from portal.age import HybridIdentity, X25519Identity
from portal.age import __main__ as age_command
from portal.store import Store, copies, sqlite_url
from portal.store.copies import Copies, ReplyRow
from tests.store.helpers import add, identifier
from tests.test_desks import write_desk


@pytest.fixture
def folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A folder with a portal in `state`, keys in `keys`, and the identity of a backup in `identity`."""
    run("init", "--state", tmp_path / "state")
    run("address", "--state", tmp_path / "state")
    write_desk(tmp_path / "keys", "police")
    (tmp_path / "identity").write_text(f"# of the backups\n{HybridIdentity.generate()}\n")
    capfd.readouterr()
    return tmp_path


def run(*arguments: str | Path, status: int = 0) -> None:
    assert cli.main(list(map(str, arguments))) == status


def recipient(folder: Path) -> str:
    return str(HybridIdentity.parse((folder / "identity").read_text().split("\n")[1]).recipient)


def back_up(folder: Path, *more: str | Path, status: int = 0) -> None:
    run("backup", "--state", folder / "state", "--keys", folder / "keys", *more, status=status)


def test_the_new_file_may_come_last(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    back_up(folder, "--to", recipient(folder), folder / "backup")
    assert capfd.readouterr().out.startswith(f"{folder / 'backup'}: 0 items")


def test_a_new_machine(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    back_up(folder, folder / "backup", "--to", recipient(folder))
    out, err = capfd.readouterr()
    assert out == f"{folder / 'backup'}: 0 items, 0 answers, and the secrets.\n"
    assert "not longer than 7 days" in err
    run("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity")
    out, err = capfd.readouterr()
    assert "the same keys and the same onion address" in out
    assert "Never let the old machine serve again" in err
    assert state.load(folder / "new") == state.load(folder / "state")
    run("address", "--state", folder / "new")
    run("address", "--state", folder / "state")
    first, second = capfd.readouterr().out.split()
    assert first == second
    run("export", "--state", folder / "new", "--desk", "police", folder / "bundle")
    assert (folder / "new" / "keys" / "police.pub").exists()


def test_an_identity_made_as_the_operator_does(folder: Path) -> None:
    """docs/operations.md, The identity for backups: our own `keygen`, both halves as files."""
    for name, *more in (("identity",), ("recipients", "-y", str(folder / "identity"))):
        made = io.BytesIO()
        assert age_command.main(["keygen", *more], io.BytesIO(), made, sys.stderr) == 0
        (folder / name).write_bytes(made.getvalue())
    back_up(folder, folder / "backup", "--to-file", folder / "recipients")
    run("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity")
    assert state.load(folder / "new") == state.load(folder / "state")


def test_more_than_a_page(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer and every item comes back, not those of the first page alone."""
    monkeypatch.setattr(copies, "PAGE_ROWS", 2)
    replies = [ReplyRow(bytes([number] * 16), bytes(32), "9999-12", b"answer %d" % number) for number in range(5)]
    with closing(Store(sqlite_url(folder / "state" / "portal.db"))) as store:
        store.copies.put_replies(replies)
        items = [add(store, number) for number in range(5)]
    back_up(folder, folder / "backup", "--to", recipient(folder))
    assert "5 items, 5 answers" in capfd.readouterr().out
    run("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity")
    with closing(Store(sqlite_url(folder / "new" / "portal.db"))) as store:
        assert [row for page in store.copies.replies() for row in page] == replies
        assert [b"".join(store.read_item(identifier(number))) for number in range(5)] == items
        assert store.waiting_count("police") == 5


def test_broken_off_it_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are in the database already: the same command ends it, and no note stays."""
    with closing(Store(sqlite_url(folder / "state" / "portal.db"))) as store:
        store.copies.put_replies([ReplyRow(bytes(16), bytes(32), "9999-12", b"an answer")])
    back_up(folder, folder / "backup", "--to", recipient(folder))
    command = ("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity")
    with monkeypatch.context() as patch:
        patch.setattr(Copies, "put_desks", _blow)
        run(*command, status=130)
    assert not (folder / "new" / state.RECEIPT_SECRET).exists()
    run(*command)
    assert not (folder / "new" / state.RESTORING).exists()
    with closing(Store(sqlite_url(folder / "new" / "portal.db"))) as store:
        assert [reply.id for reply in store.replies(bytes(32))] == [bytes(16)]


def test_a_database_in_use_is_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url = sqlite_url(folder / "state" / "portal.db")
    with closing(Store(url)) as store:
        store.next_bundle_counter("police")
    back_up(folder, folder / "backup", "--to", recipient(folder))
    (folder / "new").mkdir()
    (folder / "new" / state.RESTORING).write_text("into another one")
    command = ("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity")
    run(*command, "--database", url, status=1)
    assert "in use already" in capfd.readouterr().err


def _blow(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_roster_goes_along(folder: Path) -> None:
    for name in ("roster.toml", "roster.toml.minisig"):
        (folder / "keys" / name).write_text(name)
    (folder / "keys" / "notes.txt").write_text("anything")
    (folder / "state" / "roster.number").write_text("7\n")
    back_up(folder, folder / "backup", "--to", recipient(folder))
    run("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity")
    made = {path.name for path in (folder / "new" / "keys").iterdir()}
    assert made == {"police.pub", "police.recipients", "roster.toml", "roster.toml.minisig"}
    # Else a withdrawn key could come back with an old roster.
    assert (folder / "new" / "roster.number").read_text() == "7\n"


def test_a_folder_of_backups(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "recipients").write_text(recipient(folder) + "\n")
    (folder / "backups").mkdir()
    back_up(folder, "--into", folder / "backups", "--to-file", folder / "recipients")
    (made,) = (folder / "backups").iterdir()
    assert made.name.startswith("portevoix-20")
    back_up(folder, "--into", folder / "backups", "--to-file", folder / "recipients", status=1)
    assert "exists already and is not overwritten" in capfd.readouterr().err


def test_nothing_lies_in_clear(folder: Path) -> None:
    back_up(folder, folder / "backup", "--to", recipient(folder))
    secret = (folder / "state" / state.RECEIPT_SECRET).read_bytes().strip()
    assert secret not in (folder / "backup").read_bytes()


CLASSICAL = str(X25519Identity.generate().recipient)
REFUSED = {
    "nobody to seal to": ([], "Say to whom the backup is sealed"),
    "a word": (["--to", "nobody"], "A recipient of the backup cannot be used"),
    "a classical recipient": (["--to", CLASSICAL], "post-quantum recipients only"),
    "how to make one with ours": (["--to", CLASSICAL], "`python -m portal.age keygen`"),
    "how to make one with age": (["--to", CLASSICAL], "`age-keygen -pq`"),
}


@pytest.mark.parametrize(("more", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(folder: Path, capfd: pytest.CaptureFixture[str], more: list[str], says: str) -> None:
    back_up(folder, folder / "backup", *more, status=1)
    assert says in capfd.readouterr().err
    assert not (folder / "backup").exists()


def test_nowhere_to_put_it(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    back_up(folder, "--to", recipient(folder), status=1)
    assert "Say where the backup goes" in capfd.readouterr().err


def test_another_identity(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    back_up(folder, folder / "backup", "--to", str(HybridIdentity.generate().recipient))
    run("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity", status=1)
    assert "The backup cannot be opened, and no portal was made" in capfd.readouterr().err
    assert not (folder / "new" / state.RECEIPT_SECRET).exists()


def test_one_changed_byte(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    back_up(folder, folder / "backup", "--to", recipient(folder))
    whole = (folder / "backup").read_bytes()
    for place in (10, 1000, len(whole) // 2, len(whole) - 1):
        (folder / "backup").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        run("restore", folder / "backup", "--state", folder / "new", "-i", folder / "identity", status=1)
        assert "no portal was made" in capfd.readouterr().err
        assert not (folder / "new" / state.RECEIPT_SECRET).exists()


def test_a_portal_is_not_overwritten(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    back_up(folder, folder / "backup", "--to", recipient(folder))
    run("restore", folder / "backup", "--state", folder / "state", "-i", folder / "identity", status=1)
    assert "holds a portal already" in capfd.readouterr().err


def test_a_new_session_secret(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    old = state.load(folder / "state").session_secrets
    run("renew-session", "--state", folder / "state")
    out, err = capfd.readouterr()
    assert "pages that are open stay good" in out
    assert "Start the portal again within 7 days" in err
    assert state.load(folder / "state").session_secrets[1:] == old
