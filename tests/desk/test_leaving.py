"""The commands by which things come to a desk and leave it other than with bundles and packs, word by word."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.age import HybridIdentity, armor
from portal.desk import cases, session
from portal.desk.cli import main
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft, reporter, seal
from tests.desk.test_cli import Terminal

ELSEWHERE = HybridIdentity.generate()


@pytest.fixture
def run(passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(passphrase_file, capsys)


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    path = tmp_path / "identity"
    path.write_text(f"# kept elsewhere\n{ELSEWHERE}\n")
    return path


@pytest.fixture
def filled(root: Path, portal: PlayedPortal, run: Terminal) -> Path:
    portal.file(draft("A man at the pool.", channel="travel"))
    run("import", root, portal.export(), "--portal-key", portal.key_file)
    return root


def check_backup(path: Path, identity: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """backup-check, which asks for no passphrase."""
    assert main(["backup-check", str(path), "-i", str(identity)]) == 0
    return capsys.readouterr().out


def test_backup_and_restore(
    filled: Path, run: Terminal, identity: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "backup.age"
    said = run("backup", filled, out, "--to", ELSEWHERE.recipient, "--check-with", identity)
    assert f"The backup is in {out}: 1 sealed item" in said
    assert "every item and the casebook are whole" in said
    assert "1 item that no backup held before" in said
    assert "on the same disk as the desk" in run.advice
    assert "The backup is whole: desk police" in check_backup(out, identity, capsys)
    shutil.rmtree(filled)
    said = run("restore", out, filled, "-i", identity)
    assert f"The desk police is in {filled} as it was at" in said
    assert "1 case, 1 sealed item" in said
    assert "do not use its desk any more" in run.advice
    assert "2026-0001" in run("list", filled)


def test_a_backup_under_a_passphrase(filled: Path, run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "safe").write_text("a passphrase that lies in the safe\n")
    out = tmp_path / "backup.age"
    run("backup", filled, out, "--backup-passphrase-file", tmp_path / "safe")
    run("restore", out, tmp_path / "new", "--backup-passphrase-file", tmp_path / "safe")
    assert "2026-0001" in run("list", tmp_path / "new")


def test_a_backup_to_the_desk_itself_is_warned_of(filled: Path, run: Terminal, tmp_path: Path) -> None:
    run("backup", filled, tmp_path / "out", "-R", filled / "public" / "police.recipients")
    assert "nothing would open it once the desk is lost" in run.advice


def test_the_backup_place_and_packs(filled: Path, run: Terminal, portal: PlayedPortal, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    assert "No backup place is set" in run("backup-place", filled)
    assert "1 item acknowledged" in run("pack", filled, tmp_path / "pack-0")
    assert "No backup place is set" in run.advice
    said = run("backup-place", filled, stick, "--to", ELSEWHERE.recipient, "--keep", 3)
    assert f"Backups go to {stick}; the last 3 are kept." in said
    assert "same disk" in run.advice
    assert "1 item held back: no backup holds it yet." in run("pack", filled, tmp_path / "pack-1")
    assert "desk backup" in run.advice
    assert "1 item that no backup held before" in run("backup", filled)
    assert "1 item acknowledged" in run("pack", filled, tmp_path / "pack-2")
    assert "held back" not in run.advice
    assert "The last backup was police-" in run("backup-place", filled)
    assert "No backup place is set" in run("backup-place", filled, "--none")


def test_add(filled: Path, run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("Somebody called.")
    (tmp_path / "answers").write_text('{"country": "TH", "immediate_danger": "yes"}')
    (tmp_path / "photo").write_bytes(b"photo")
    options = ["--channel", "travel", "--text-file", tmp_path / "text", "--answers-file", tmp_path / "answers"]
    options += ["--attachment", tmp_path / "photo", "--received", "2026-11-20", "--source", "letter"]
    said = run("add", filled, *options)
    assert said == "2026-0002 is stored, URGENT: travel, came by letter.\n"
    assert "no receipt" in run.advice
    assert "Somebody called." in run("show", filled, "2026-0002")
    error = run.error("reply", filled, "2026-0002", "--status", "closed")
    assert "did not come through a portal" in error
    (tmp_path / "answers").write_text("[]")
    assert "not a JSON object" in run.error("add", filled, *options)
    assert "is no day" in run.error("add", filled, "--channel", "other", "--received", "yesterday")


def test_transfer_and_receive(filled: Path, run: Terminal, portal: PlayedPortal, tmp_path: Path) -> None:
    other = tmp_path / "stopline"
    session.make(other, "stopline", PASSPHRASE, work_factor=1)
    out = tmp_path / "out.age"
    recipients = other / "public" / "stopline.recipients"
    said = run("transfer", filled, "2026-0001", out, "--to", "stopline", "--recipients", recipients)
    assert f"2026-0001 is in {out}, for the desk stopline alone: 1 item, 1 answer, 0 notes." in said
    assert "The reporter is told (forwarded-stopline)" in run.advice
    key = filled / "public" / "police.pub"
    assert "does not know" in run.error("receive", other, out, "--from-key", key)
    run("import", other, portal.export(desk="stopline"), "--portal-key", portal.key_file)
    portal.waiting.clear()
    assert "not the public key of a desk" in run.error("receive", other, out, "--from-key", recipients)
    said = run("receive", other, out, "--from-key", key)
    assert "is a new case, from the desk police. New in it: 1 item, 1 answer, 0 notes." in said
    assert "desk show" in run.advice
    assert "Answer 1" in run("show", other, said.split()[0])


def test_a_message_for_another_desk_is_pointed_out(
    filled: Path, run: Terminal, portal: PlayedPortal, tmp_path: Path
) -> None:
    """It came before the reporter knew: the import says that it has to be handed over."""
    other = tmp_path / "stopline"
    session.make(other, "stopline", PASSPHRASE, work_factor=1)
    recipients = other / "public" / "stopline.recipients"
    keys = reporter()
    portal.file(draft("one"), keys)
    run("import", filled, portal.export())
    run("transfer", filled, "2026-0002", tmp_path / "1", "--to", "stopline", "--recipients", recipients)
    portal.file(draft("two", kind="message"), keys)
    run("import", filled, portal.export())
    assert "Something came to 2026-0002, which is with the desk stopline" in run.advice


def test_a_single_item_is_imported(root: Path, run: Terminal, portal: PlayedPortal, tmp_path: Path) -> None:
    item = seal(portal.recipients, reporter(), draft("one"))
    (tmp_path / "text.age").write_bytes(b"".join(armor([item.sealed])))
    said = run("import", root, tmp_path / "text.age")
    assert said.startswith("One sealed item, dropped in by hand")
    assert "1 new case: 2026-0001" in said
    with session.open_desk(root, PASSPHRASE) as desk:
        assert len(cases.listed(desk.casebook)) == 1


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (["backup", "DIR", "OUT"], "Say to whom"),
        (["backup", "DIR"], "No backup place is set"),
        (["backup", "DIR", "--to", "RECIPIENT"], "Say where"),
        (["backup", "DIR", "OUT", "--to", "nobody"], "A recipient cannot be used"),
        (["backup", "DIR", "OUT", "--to", "RECIPIENT", "--check-with", "EMPTY"], "cannot be used as an identity"),
        (["backup-place", "DIR", "OUT", "--to", "RECIPIENT"], "There is no folder"),
        (["restore", "EMPTY", "OUT", "-i", "IDENTITY"], "damaged"),
        (["transfer", "DIR", "2026-0001", "OUT", "--to", "police", "--recipients", "EMPTY"], "NAME.recipients"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    filled: Path, run: Terminal, identity: Path, tmp_path: Path, call: list[str], sentence: str
) -> None:
    (tmp_path / "empty").write_text("")
    known = {"DIR": filled, "OUT": tmp_path / "out", "EMPTY": tmp_path / "empty", "IDENTITY": identity}
    words = [ELSEWHERE.recipient if word == "RECIPIENT" else known.get(word, word) for word in call]
    assert sentence in run.error(*words)
    assert not (tmp_path / "out").exists()


def test_completions_for_bash() -> None:
    """A real bash completes commands, options and files with what is printed."""
    done = subprocess.run(
        [sys.executable, "-m", "portal.desk.cli", "completions", "bash"], capture_output=True, text=True, check=True
    )

    def completed(*words: str) -> set[str]:
        quoted = " ".join(f"'{word}'" for word in words)
        script = f"{done.stdout}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _shtab_desk\n"
        shown = subprocess.run(
            ["bash", "-c", script + 'printf "%s\\n" "${COMPREPLY[@]}"'],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        )
        return set(shown.stdout.split())

    assert {"backup", "backup-place", "backup-check"} <= completed("desk", "back")
    assert "--check-with" in completed("desk", "backup", "--")


def test_the_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "The exit status is 0 when it is done, 1 after" in capsys.readouterr().out
