"""`portal roster` as an operator and the coordination meet it, from the draft to the signed file."""

from collections.abc import Sequence
from pathlib import Path

import minisign
import pytest

from portal import bundle, cli, roster
from portal.age import HybridIdentity
from portal.desks import read_desk
from tests.test_desks import write_desk


@pytest.fixture
def folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A portal in `state` and two desks' keys in `keys`."""
    assert cli.main(["init", "--state", str(tmp_path / "state")]) == 0
    write_desk(tmp_path / "keys", "police")
    write_desk(tmp_path / "keys", "ecpat")
    capfd.readouterr()
    return tmp_path


def run(folder: Path, command: str, *more: str | Path, status: int = 0) -> None:
    arguments: Sequence[object] = [command, "--state", folder / "state", "--keys", folder / "keys", *more]
    assert cli.main(list(map(str, arguments))) == status


def pin(folder: Path) -> minisign.SecretKey:
    """Pin a new coordination's key; its secret half."""
    pair = minisign.KeyPair.generate()
    (folder / "state" / "portal.toml").write_text(f'coordination_key = "{pair.public_key.to_base64().decode()}"\n')
    return pair.secret_key


def sign(folder: Path, key: minisign.SecretKey) -> None:
    """What the coordination does with `minisign -S`."""
    data = (folder / "draft").read_bytes()
    (folder / "keys" / roster.FILE).write_bytes(data)
    (folder / "keys" / roster.SIGNATURE).write_bytes(bytes(key.sign(data)) + b"\n")
    (folder / "draft").unlink()


def test_from_a_draft_to_a_roster(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(folder, "roster", "--draft", folder / "draft")
    assert "`minisign -Sm roster.toml -s KEY`" in capfd.readouterr().out
    keys = read_desk(folder / "keys", "police")
    words = " ".join(bundle.recipient_fingerprint(keys.recipients[0]))
    assert f"# {words}\n" in (folder / "draft").read_text()
    sign(folder, pin(folder))
    run(folder, "roster")
    out = capfd.readouterr().out
    assert out.startswith("Roster 1 of ")
    assert out.count(": in use\n") == 2
    assert words in out
    run(folder, "check")
    assert "The keys folder has roster 1." in capfd.readouterr().out


def test_the_next_roster_keeps_the_days_of_the_last(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    key = pin(folder)
    run(folder, "roster", "--draft", folder / "draft")
    text = (folder / "draft").read_text()
    (until,) = {line for line in text.splitlines() if line.startswith("until")}
    (folder / "draft").write_text(text.replace(until, "until = 2040-01-31"))
    sign(folder, key)
    new = HybridIdentity.generate().recipient
    with (folder / "keys" / "police.recipients").open("a") as file:
        file.write(f"{new}\n")
    run(folder, "roster", status=1)
    assert "line 4: this recipient is not one that roster 1 lists for the desk police" in capfd.readouterr().err
    run(folder, "roster", "--draft", folder / "draft")
    drafted = roster.parse((folder / "draft").read_bytes())
    assert drafted.number == 2
    assert [str(term.until) == "2040-01-31" for term in drafted.desks["police"].recipients] == [True, False]
    sign(folder, key)
    run(folder, "roster")
    assert capfd.readouterr().out.count("in use") == 3


def test_a_draft_replaces_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "draft").write_text("mine")
    run(folder, "roster", "--draft", folder / "draft", status=1)
    assert "exists already and is not overwritten" in capfd.readouterr().err
    assert (folder / "draft").read_text() == "mine"


@pytest.mark.parametrize("command", ["roster", "check"])
def test_a_trial_says_that_nobody_asks_for_a_roster(
    folder: Path, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    run(folder, command)
    assert "No roster is asked for: whoever writes into the keys folder decides who reads" in capfd.readouterr().out


@pytest.mark.parametrize("command", ["roster", "check"])
def test_a_pinned_key_without_a_roster(folder: Path, capfd: pytest.CaptureFixture[str], command: str) -> None:
    pin(folder)
    run(folder, command, status=1)
    assert "roster.toml is missing" in capfd.readouterr().err


def test_no_pack_is_taken_under_a_key_that_is_not_listed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    key = pin(folder)
    run(folder, "roster", "--draft", folder / "draft")
    sign(folder, key)
    (folder / "keys" / "ecpat.pub").write_bytes(bytes(minisign.KeyPair.generate().public_key) + b"\n")
    run(folder, "import", folder / "pack", status=1)
    assert "ecpat.pub is not a key that roster 1 lists for the packs of the desk ecpat" in capfd.readouterr().err


def test_no_keys_folder(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["roster", "--state", str(folder / "state")]) == 1
    assert "is not there: name the one that `portal serve` uses" in capfd.readouterr().err
