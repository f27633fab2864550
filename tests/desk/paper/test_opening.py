"""The way back in: what a paper copy opens, for how long, and what is said where it does not."""

import io
import shutil
from pathlib import Path

import pypdf
import pytest

from portal.age import HybridIdentity
from portal.desk import backing_up, cli, custody, people, restoring, session
from portal.desk.folder import Folder
from portal.desk.paper import lines, making, opening, sheet
from portal.errors import DeskError, WrongPassphrase
from tests.desk.conftest import PASSPHRASE
from tests.desk.test_terminal import converse

NEW = "six other words after the loss"


@pytest.fixture
def paper(root: Path) -> HybridIdentity:
    """What is on the paper of default."""
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        return lines.read(making.dictate(desk))


def acts(root: Path, passphrase: str = PASSPHRASE) -> list[tuple[str, str]]:
    with session.open_desk(root, passphrase) as desk:
        assert custody.check(desk.casebook, [desk.keyring.verify_key]) > 0
        return [(record.entry.act, record.entry.person) for record in custody.records(desk.casebook)]


def recover(root: Path, paper: HybridIdentity, person: str = session.PERSON) -> None:
    opening.recover(Folder(root), paper, person, NEW, 1)


def test_back_in_with_a_new_passphrase(root: Path, paper: HybridIdentity) -> None:
    assert opening.check(Folder(root), paper) == opening.Opened("police", "default", 0)
    recover(root, paper)
    with pytest.raises(WrongPassphrase), session.open_desk(root, PASSPHRASE):
        pass
    assert acts(root, NEW) == [("paper-copied", "default"), ("recovered", "default")]
    recover(root, paper)


def test_without_the_folder_of_keyrings(root: Path, paper: HybridIdentity) -> None:
    shutil.rmtree(root / "keyring")
    recover(root, paper)
    with session.open_desk(root, NEW) as desk:
        assert desk.person == "default"


def test_it_lasts_until_its_person_is_removed(root: Path, paper: HybridIdentity) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        people.change_passphrase(desk, NEW, 1)
        people.let_in(desk, "bob", PASSPHRASE, 1)
        people.rotate(desk)
    assert opening.check(Folder(root), paper).person == "default"
    with session.open_desk(root, PASSPHRASE, "bob", writing=True) as desk:
        people.remove(desk, "default")
    for wanted in (lambda: opening.check(Folder(root), paper), lambda: recover(root, paper)):
        with pytest.raises(DeskError, match="open nothing here"):
            wanted()
    assert not (root / "keyring" / "default.age").exists()


def test_whose_it_is(root: Path, paper: HybridIdentity) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        people.let_in(desk, "bob", PASSPHRASE, 1)
    with pytest.raises(DeskError, match="paper copy of default, and nothing was changed"):
        recover(root, paper, "bob")
    with session.open_desk(root, PASSPHRASE, "bob", writing=True) as desk:
        his = lines.read(making.dictate(desk))
    assert opening.check(Folder(root), his).person == "bob"
    recover(root, his, "bob")
    with session.open_desk(root, NEW, "bob"), session.open_desk(root, PASSPHRASE):
        pass


def test_refused(root: Path, paper: HybridIdentity) -> None:
    with pytest.raises(DeskError, match="open nothing here"):
        opening.check(Folder(root), HybridIdentity.generate())
    with pytest.raises(DeskError, match="fewer than 8"):
        opening.recover(Folder(root), paper, session.PERSON, "short", 1)
    (root / "keys.age").unlink()
    with pytest.raises(DeskError, match=r"keys\.age is missing, which a paper copy opens"):
        recover(root, paper)
    with pytest.raises(DeskError, match="is not a desk"):
        opening.check(Folder(root / "nothing"), paper)


def test_a_backup_and_the_paper_bring_a_dead_desk_back(root: Path, paper: HybridIdentity, tmp_path: Path) -> None:
    """The backup is sealed to the paper's own recipient: nothing else is needed."""
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        made = backing_up.back_up(desk, tmp_path / "backup.age", [paper.recipient])
    shutil.rmtree(root)
    restored = restoring.restore(made.path, root, [paper], paper)
    assert restored.desk == "police"
    recover(root, paper)
    assert acts(root, NEW)[-2:] == [("restored", "default"), ("recovered", "default")]


def test_the_printed_page(root: Path, paper: HybridIdentity, tmp_path: Path) -> None:
    """The lines can be read back from the PDF as they are printed, and it says what they are."""
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        making.print_copy(desk, tmp_path / "paper.pdf")
        with pytest.raises(DeskError, match="exists already"):
            making.print_copy(desk, tmp_path / "paper.pdf")
        assert sheet.write(desk.keyring.own, desk.today) == (tmp_path / "paper.pdf").read_bytes()  # type: ignore[arg-type]
    reader = pypdf.PdfReader(io.BytesIO((tmp_path / "paper.pdf").read_bytes()))
    (page,) = reader.pages
    said = page.extract_text()
    start = said.index(lines.PREFIX)
    assert str(lines.read(said[start : said.index("The last two")])) == str(paper)
    for words in ("What it opens", "Where to keep it", "If it is stolen", "desk recover DIR --person default"):
        assert words in " ".join(said.split())
    assert (tmp_path / "paper.pdf").stat().st_mode & 0o077 == 0
    assert acts(root) == [("paper-copied", "default")] * 2


def test_the_commands(root: Path, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed, new = tmp_path / "typed", tmp_path / "new"
    new.write_text(NEW)
    assert cli.main(["paper", str(root), "--passphrase-file", str(passphrase_file)]) == 0
    said = capsys.readouterr()
    typed.write_text(said.out.lower())
    assert "age1pq1" in said.err
    assert cli.main(["paper", str(root), str(tmp_path / "p.pdf"), "--passphrase-file", str(passphrase_file)]) == 0
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
    assert "The paper copy of default is in" in capsys.readouterr().out
    assert cli.main(["paper-check", str(root), str(typed)]) == 0
    said = capsys.readouterr()
    assert said.out == "It opens the desk police, with 0 cases, as default.\n"
    assert "Erase" in said.err
    assert cli.main(["recover", str(root), str(typed), "--person", "bob", "--passphrase-file", str(new)]) == 1
    assert "paper copy of default, not of bob" in capsys.readouterr().err
    assert cli.main(["recover", str(root), str(typed), "--passphrase-file", str(new)]) == 0
    assert "with the new passphrase now" in capsys.readouterr().out
    assert cli.main(["recover", str(root)]) == 1
    assert "There is nobody to type the lines" in capsys.readouterr().err


def test_a_backup_is_opened_with_typed_lines(
    root: Path, paper: HybridIdentity, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, out = tmp_path / "typed", tmp_path / "backup.age"
    typed.write_text(lines.as_text(paper))
    command = ["backup", str(root), str(out), "--to", str(paper.recipient), "--passphrase-file", str(passphrase_file)]
    assert cli.main(command) == 0
    again = tmp_path / "again"
    assert cli.main(["restore", str(out), str(again), "-i", str(typed), "--paper", str(typed)]) == 0
    assert "Set a new passphrase: desk recover" in capsys.readouterr().err
    assert opening.check(Folder(again), paper).desk == "police"


def test_line_by_line_at_a_terminal(root: Path, paper: HybridIdentity) -> None:
    one, *rest = lines.as_text(paper).splitlines()
    status, shown = converse(["recover", root], [one[:-1], one, *rest, NEW, NEW])
    assert status == 0, shown
    assert "Line 1 has 17 letters, and on the paper 18" in shown
    assert NEW not in shown
    with session.open_desk(root, NEW):
        pass
