"""The whole way with the portal's own code: a report is filed, goes to the desk and back, and its answer is read."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from portal.age import HybridIdentity
from portal.channels import load
from portal.cli import main as portal_main
from portal.desk.cli import main as desk_main
from portal.desks import KeysFolder
from portal.intake import Intake, Routing
from portal.permits import Permits
from portal.state import load as load_state
from portal.store import Store
from portal.tickets import Seals
from tests.clock import Clock
from tests.intake_world import VISITOR, message, message_with

FILE = b"evidence" * 1000


@pytest.fixture
def state(tmp_path: Path, root: Path) -> Path:
    """A portal as its operator sets it up, with the keys of our desk."""
    assert portal_main(["init", "--state", str(tmp_path / "state")]) == 0
    shutil.copytree(root / "public", tmp_path / "keys")
    return tmp_path / "state"


@pytest.fixture
def intake(state: Path) -> Iterator[Intake]:
    with serving(state) as running:
        yield running


@contextmanager
def serving(state: Path) -> Iterator[Intake]:
    """A portal that takes reports, in this state folder."""
    secrets = load_state(state)
    seals = Seals(secrets.receipt_secret, secrets.session_secrets, Clock())
    keys = KeysFolder(state.parent / "keys", ["police"])
    with closing(Store(f"sqlite:///{state / 'portal.db'}")) as store:
        yield Intake(store, seals, load(), Routing({"travel": ("police",)}), keys, Permits(2))


def test_there_and_back(
    intake: Intake, state: Path, root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = state.parent

    def desk(*words: object) -> str:
        capsys.readouterr()
        assert desk_main([*map(str, words), "--passphrase-file", str(passphrase_file)]) == 0
        return capsys.readouterr().out

    def portal(*words: object) -> str:
        capsys.readouterr()
        assert portal_main([*map(str, words), "--state", str(state)]) == 0
        return capsys.readouterr().out

    with message_with([FILE], "A hotel.") as sent:
        filed = intake.file(VISITOR, intake.seals.issue_ticket("en"), sent)
    portal("export", "--desk", "police", folder / "bundle-1")
    desk("import", root, folder / "bundle-1", "--portal-key", state / "portal.pub")
    (case,) = json.loads(desk("list", root, "--json"))
    desk("extract", root, case["id"], 1, folder / "file")
    assert (folder / "file").read_bytes() == FILE

    (folder / "text").write_text("Which hotel?")
    desk("reply", root, case["id"], "--status", "question", "--text-file", folder / "text")
    desk("pack", root, folder / "pack-1")
    taken = portal("import", "--keys", folder / "keys", folder / "pack-1")
    assert "1 item acknowledged, 1 new answer ready for reporters" in taken

    mailbox = intake.enter(VISITOR, " ".join(filed.words))
    assert [(reply.status, reply.text) for reply in mailbox.replies] == [("question", "Which hotel?")]
    assert (mailbox.channel, mailbox.desks) == ("travel", ("police",))

    intake.send(VISITOR, mailbox.capsule, message("The big one.", kind="message"))
    portal("export", "--desk", "police", folder / "bundle-2")
    assert f"1 new message to a known case: {case['id']}" in desk("import", root, folder / "bundle-2")
    shown = json.loads(desk("show", root, case["id"], "--json", "--answers"))
    assert [said["narrative"] for said in shown["messages"]] == ["A hotel.", "The big one."]
    assert [answer["taken"] for answer in shown["replies"]] == [True]
    assert "1 item acknowledged, 0 answers" in desk("pack", root, folder / "pack-2")
    assert "1 item acknowledged" in portal("import", "--keys", folder / "keys", folder / "pack-2")
    assert "nothing changed" in portal("import", "--keys", folder / "keys", folder / "pack-1")
    portal("export", "--desk", "police", folder / "bundle-3")
    assert "0 already here" in desk("import", root, folder / "bundle-3")


def test_a_portal_put_back_from_its_backup_gets_its_answers_again(
    intake: Intake, state: Path, root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no reporter reads one of them twice."""
    folder, places = state.parent, {"state": state}

    def desk(*words: object) -> str:
        capsys.readouterr()
        assert desk_main([*map(str, words), "--passphrase-file", str(passphrase_file)]) == 0
        return capsys.readouterr().out

    def portal(*words: object) -> str:
        capsys.readouterr()
        assert portal_main([*map(str, words), "--state", str(places["state"])]) == 0
        return capsys.readouterr().out

    def exchange(number: int) -> str:
        portal("export", "--desk", "police", folder / f"bundle-{number}")
        said = desk("import", root, folder / f"bundle-{number}", "--portal-key", state / "portal.pub")
        desk("pack", root, folder / f"pack-{number}")
        portal("import", "--keys", folder / "keys", folder / f"pack-{number}")
        return said

    filed = intake.file(VISITOR, intake.seals.issue_ticket("en"), message("A hotel."))
    exchange(1)
    desk("reply", root, "2026-0001", "--status", "question", "--template")
    exchange(2)
    identity = HybridIdentity.generate()
    (folder / "identity").write_text(f"{identity}\n")
    portal("backup", folder / "backup", "--to", identity.recipient)
    desk("reply", root, "2026-0001", "--status", "closed", "--template")
    exchange(3)
    assert "0 already here" in exchange(4)  # the desk knows that the portal has the second answer

    places["state"] = folder / "restored"
    portal("restore", folder / "backup", "-i", folder / "identity")
    with serving(places["state"]) as restored:
        words = " ".join(filed.words)
        assert [reply.status for reply in restored.enter(VISITOR, words).replies] == ["question"]
        # A pack that was made before the desk could know would hide for ever that the second answer is gone.
        desk("pack", root, folder / "pack-early")
        early = ("import", "--keys", folder / "keys", folder / "pack-early")
        assert portal_main([*map(str, early), "--state", str(places["state"])]) == 1
        assert "error: This portal took pack 3 of police once and knows nothing of it" in capsys.readouterr().err
        assert [reply.status for reply in restored.enter(VISITOR, words).replies] == ["question"]
        assert "1 answer that the portal had taken and lost" in exchange(5)
        assert sorted(reply.status for reply in restored.enter(VISITOR, words).replies) == ["closed", "question"]
        assert "had taken and lost" not in exchange(6)
        assert "nothing changed" in portal(*early)
        assert len(restored.enter(VISITOR, words).replies) == 2
    shown = json.loads(desk("show", root, "2026-0001", "--json", "--answers"))
    assert [answer["taken"] for answer in shown["replies"]] == [True, True]
