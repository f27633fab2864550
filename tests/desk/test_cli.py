"""The commands as a caseworker types them, and every word that they answer."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from portal import bundle
from portal.age import HybridRecipient
from portal.desk import cases, session
from portal.desk.cli import main
from portal.desk.portals import words
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft, reporter

HOSTILE = "\x1b]0;owned\x07 see http://bad.example/x \u202egpj.exe"


SAID_OF_A_CASE = {"id", "channel", "status", "received", "urgent", "merged_into", "held", "restricted", "said", "asks"}


class Terminal:
    """Runs commands of `desk`, each with the passphrase."""

    def __init__(self, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = passphrase_file
        self._capsys = capsys

    def __call__(self, *words: object, status: int = 0) -> str:
        assert main([*map(str, words), "--passphrase-file", str(self._file)]) == status
        shown = self._capsys.readouterr()
        self.advice = shown.err
        return shown.out

    def error(self, *words: object) -> str:
        """The one line of a command that fails."""
        out = self(*words, status=1)
        assert out == ""
        assert re.fullmatch(r"error: [^\n]+[.)]\n", self.advice), self.advice
        return self.advice


@pytest.fixture
def run(passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(passphrase_file, capsys)


@pytest.fixture
def filled(root: Path, portal: PlayedPortal, run: Terminal) -> Path:
    """A desk with one urgent case of two messages and one file, and one other case."""
    keys = reporter()
    portal.file(draft("A man at the pool.", channel="travel", files=[b"photo"]), keys, [b"photo"])
    portal.file(draft(HOSTILE, kind="message", channel="travel"), keys, received="2026-11-26")
    portal.file(draft("", channel="website"), received="2026-11-20")
    run("import", root, portal.export(), "--portal-key", portal.key_file)
    return root


def test_init(tmp_path: Path, run: Terminal) -> None:
    root = tmp_path / "new"
    out = run("init", "--desk", "police", root)
    assert re.fullmatch(r"age1pq1[02-9ac-hj-np-z]+\n", out)
    assert {path.name for path in (root / "public").iterdir()} == {"police.recipients", "police.pub"}
    lines = (root / "public" / "police.recipients").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [out.strip()]
    assert "keys folder" in run.advice
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert "is a desk already, and nothing was changed" in run.error("init", "--desk", "police", root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert "small letters" in run.error("init", "--desk", "Police", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_half_made_desk_keeps_its_name_and_passphrase(tmp_path: Path, run: Terminal) -> None:
    root = tmp_path / "half"
    session.make(root, "police", PASSPHRASE, work_factor=1)
    (root / "desk.json").unlink()
    assert "is called police" in run.error("init", "--desk", "stopline", root)
    recipient = run("init", "--desk", "police", root)
    assert recipient in (root / "public" / "police.recipients").read_text()


def test_import_says_what_came(root: Path, portal: PlayedPortal, run: Terminal) -> None:
    keys = reporter()
    portal.file(draft("one", channel="travel"), keys)
    portal.file(draft("two", kind="message"), keys, received="2026-11-26")
    bad = portal.file(draft("three", answers={"not": "asked"}))
    path = portal.export()
    assert "--portal-key" in run.error("import", root, path)
    out = run("import", root, path, "--portal-key", portal.key_file)
    assert out.splitlines() == [
        'Bundle 1 of 2026-11-25 from the portal "portal".',
        "1 new case: 2026-0001",
        "1 new message to a known case: 2026-0001",
        "0 already here",
        "1 in quarantine",
        f"    {bad.id}: The answers do not fit the channel, at website: they answer a question that is not asked.",
        "URGENT: 2026-0001",
    ]
    assert "Next: desk list" in run.advice
    assert "2 already here" in run("import", root, path)


def test_an_import_cut_short_says_what_is_kept(root: Path, portal: PlayedPortal, run: Terminal) -> None:
    for number in range(2):
        portal.file(draft(f"{number}"))
    path = portal.export()
    path.write_bytes(path.read_bytes()[:-1500])
    out = run("import", root, path, "--portal-key", portal.key_file, status=1)
    assert "1 new case: 2026-0001" in out
    assert "error: The bundle was not imported to its end; what is named above is kept." in run.advice
    assert "copy it again" in run.advice


def test_many_reasons_are_not_all_printed(root: Path, portal: PlayedPortal, run: Terminal) -> None:
    for number in range(22):
        portal.file(draft(f"{number}", answers={"not": "asked"}))
        portal.file(draft(f"{number}"))
    out = run("import", root, portal.export(), "--portal-key", portal.key_file)
    assert "22 new cases: 2026-0001, " in out
    assert "2026-0020, …" in out
    assert "and 2 more" in out
    assert len(out.splitlines()) < 30


def test_list(filled: Path, run: Terminal) -> None:
    found = json.loads(run("list", filled, "--json"))
    assert [(c["channel"], c["status"], c["received"], c["urgent"]) for c in found] == [
        ("travel", "received", "2026-11-25", True),
        ("website", "received", "2026-11-20", False),
    ]
    of_a_list = {"assigned", "unseen", "unseen_in", "flags", "due", "deadlines"}
    assert [set(case) for case in found] == [SAID_OF_A_CASE | of_a_list] * 2
    rows = run("list", filled).splitlines()
    assert rows[0].split() == ["ID", "CHANNEL", "STATUS", "RECEIVED", "WITH", "DUE"]
    assert rows[1].split()[1:6] == ["URGENT", "travel", "received", "2026-11-25", "new"]


def test_an_empty_list_says_what_to_do(root: Path, run: Terminal) -> None:
    assert "desk import" in run("list", root)
    assert json.loads(run("list", root, "--json")) == []


def urgent_case(run: Terminal, root: Path) -> str:
    return str(json.loads(run("list", root, "--json"))[0]["id"])


def test_show(filled: Path, run: Terminal) -> None:
    case = urgent_case(run, filled)
    shown = json.loads(run("show", filled, case, "--json"))
    assert set(shown) == SAID_OF_A_CASE | {
        *("merged", "links", "hold", "decisions", "messages"),
        *("source", "flags", "referrals"),
    }
    assert [message["kind"] for message in shown["messages"]] == ["report", "message"]
    assert [message["narrative"] for message in shown["messages"]] == ["A man at the pool.", HOSTILE]
    assert shown["messages"][0]["format"] == "portevoix/report/1"
    assert 0 < shown["said"] < shown["asks"]
    text = run("show", filled, case)
    assert "URGENT" in text
    assert f"{shown['said']} of {shown['asks']} questions answered, which says nothing of its truth" in text
    assert "Is a child in danger at this moment?\n    Yes" in text
    assert "Thailand" in text
    assert "<U+001B>]0;owned<U+0007> see hxxp://bad[.]example/x <U+202E>gpj[.]exe" in text
    assert "\x1b" not in text
    assert "Attachment 1\n    Name given by the reporter: photo[.]jpg" in text
    assert "Not answered yet." in text
    assert "desk extract" in run.advice
    assert "Ja" in run("show", filled, case, "--language", "de")
    assert "no case with this ID" in run.error("show", filled, "1999-0001")


def test_show_says_what_raised_a_flag(filled: Path, run: Terminal) -> None:
    case = urgent_case(run, filled)
    flag = {"rule": "danger-now", "field": "immediate_danger", "urgent": True}
    question = "Is a child in danger at this moment?"
    known = json.loads(run("show", filled, case, "--json"))["flags"]
    assert known == [flag | {"label": "Danger now", "question": question}]
    assert f'URGENT: Danger now, from the answer to "{question}"' in run("show", filled, case)
    (filled / "triage.toml").write_text("not = rules")
    known = json.loads(run("show", filled, case, "--json"))["flags"]
    assert known == [flag | {"label": "danger-now", "question": "immediate_danger"}]


def test_show_says_how_a_case_came_and_where_it_went(filled: Path, run: Terminal, tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.write_text("By telephone.")
    run("add", filled, "--channel", "other", "--text-file", told)
    (case,) = [one["id"] for one in json.loads(run("list", filled, "--channel", "other", "--json"))]
    run("refer", filled, case, tmp_path / "referral", "--to", "police", "--format", "json")
    shown = json.loads(run("show", filled, case, "--json"))
    (referral,) = shown["referrals"]
    manifest = hashlib.sha256((tmp_path / "referral" / "manifest.json").read_bytes()).hexdigest()
    assert (referral["authority"], referral["formats"], referral["sha256"]) == ("police", ["json"], manifest)
    assert shown["source"] == "phone"
    text = run("show", filled, case)
    assert "It came by another way than the portal: phone." in text
    assert f"Referral 1: {referral['day']} to police, by default; SHA-256 of its manifest {manifest}" in text


def test_a_question_without_words_is_pointed_out(filled: Path, run: Terminal) -> None:
    case = urgent_case(run, filled)
    run("reply", filled, case, "--status", "question")
    assert "NOTE: the reporter is told that there is a question, and not which" in run.advice
    run("reply", filled, case, "--status", "question", "--template")
    assert "NOTE" not in run.advice


def test_show_of_a_channel_that_is_not_known(root: Path, portal: PlayedPortal, run: Terminal) -> None:
    answers = {"who": "a\x1b[1mb", "list": ["x", {"y": 1}]}
    portal.file(draft("text", channel="new-one", answers=answers))
    run("import", root, portal.export(), "--portal-key", portal.key_file)
    text = run("show", root, "2026-0001")
    assert "new-one (not known to this desk)" in text
    assert "who\n    a<U+001B>[1mb" in text
    assert 'list\n    ["x",{"y":1}]' in text


def test_show_says_where_a_message_has_another_channel(root: Path, portal: PlayedPortal, run: Terminal) -> None:
    keys = reporter()
    portal.file(draft("first", channel="website"), keys)
    portal.file(draft("more", kind="message", channel="other"), keys, received="2026-11-26")
    run("import", root, portal.export(), "--portal-key", portal.key_file)
    text = run("show", root, "2026-0001")
    assert text.count("Sent as\n") == 1
    assert text.index("Message 2 of 2: follow-up") < text.index("Sent as") < text.index("    more")


def test_extract(filled: Path, run: Terminal, tmp_path: Path) -> None:
    case = urgent_case(run, filled)
    out = run("extract", filled, case, 1, tmp_path / "taken")
    assert "5 bytes, not opened" in out
    assert (tmp_path / "taken").read_bytes() == b"photo"
    assert "exists already" in run.error("extract", filled, case, 1, tmp_path / "taken")
    assert "this case has one attachment" in run.error("extract", filled, case, 2, tmp_path / "other")
    other = next(c["id"] for c in json.loads(run("list", filled, "--json")) if c["id"] != case)
    assert "no attachments" in run.error("extract", filled, other, 1, tmp_path / "other")


@pytest.mark.parametrize("status", ["question", "content-gone"])
def test_reply_and_pack(filled: Path, run: Terminal, tmp_path: Path, portal: PlayedPortal, status: str) -> None:
    case = urgent_case(run, filled)
    text = tmp_path / "answer.txt"
    text.write_bytes("\ufeffMerci \x9b31m".encode())
    out = run("reply", filled, case, "--status", status, "--text-file", text)
    assert f"Answer 1 to {case} is stored: {status}, 9 bytes" in out
    assert "go to: police." in out
    assert "desk pack" in run.advice
    assert "waits for the next pack" in run("show", filled, case)
    out = run("pack", filled, tmp_path / "pack.tar")
    assert f'Pack 1 for the portal "portal" is in {tmp_path / "pack.tar"}: 3 items acknowledged, 1 answer.' in out
    assert "portal import" in run.advice
    text_shown = run("show", filled, case)
    assert f"{status} (in pack 1, not yet confirmed by the portal) --\n    Merci 31m" in text_shown
    with session.open_desk(filled, PASSPHRASE) as desk:
        portal.take(tmp_path / "pack.tar", desk.keyring.verify_key)
    run("import", filled, portal.export())
    assert f"{status} (the portal has it)" in run("show", filled, case)
    assert json.loads(run("list", filled, "--json"))[0]["status"] == status
    (reply,) = json.loads(run("show", filled, case, "--json", "--answers"))["replies"]
    assert (reply["text"], reply["pack"], reply["taken"]) == ("Merci 31m", 1, True)


def test_a_reply_can_send_follow_ups_elsewhere(filled: Path, run: Terminal) -> None:
    case = urgent_case(run, filled)
    out = run("reply", filled, case, "--status", "forwarded-other", "--follow-up", "ecpat", "stopline")
    assert "go to: ecpat, stopline." in out


def test_an_empty_pack_is_allowed(filled: Path, run: Terminal, tmp_path: Path) -> None:
    run("pack", filled, tmp_path / "1")
    assert "3 items acknowledged, 0 answers" in run("pack", filled, tmp_path / "2")
    assert "exists already" in run.error("pack", filled, tmp_path / "2")


def test_key(filled: Path, run: Terminal, portal: PlayedPortal) -> None:
    out = run("key", filled)
    assert len(re.findall(r"^age1pq1[a-z0-9]+$", out, re.MULTILINE)) == 1
    assert len(re.findall(r"^RW[A-Za-z0-9+/=]{54}$", out, re.MULTILINE)) == 2
    assert f"fingerprint: {words(portal.keys.public_key)}" in out
    recipient = HybridRecipient.parse(next(line for line in out.splitlines() if line.startswith("age1pq1")))
    assert f"fingerprint: {' '.join(bundle.recipient_fingerprint(recipient))}" in out
    assert "AGE-SECRET" not in out


WRONG: dict[str, tuple[Callable[[Path, Path], list[object]], str]] = {
    "no desk": (lambda root, tmp: ["list", tmp / "none"], "is not a desk"),
    "a file": (lambda root, tmp: ["list", tmp / "passphrase"], "is not a desk"),
    "no bundle": (lambda root, tmp: ["import", root, tmp / "none"], "look at the bundle"),
    "a folder": (lambda root, tmp: ["import", root, tmp], "look at the bundle"),
    "no archive": (lambda root, tmp: ["import", root, tmp / "passphrase"], "cut short"),
    "no key file": (lambda root, tmp: ["import", root, tmp, "--portal-key", tmp / "none"], "portal.pub"),
    "not a key": (lambda root, tmp: ["import", root, tmp, "--portal-key", tmp / "passphrase"], "not a minisign"),
    "no portal": (lambda root, tmp: ["pack", root, tmp / "out"], "knows no portal yet"),
    "no text file": (lambda root, tmp: ["reply", root, "x", "--status", "closed", "--text-file", "none"], "its name"),
    "no text": (lambda root, tmp: ["reply", root, "x", "--status", "closed", "--text-file", tmp / "latin1"], "UTF-8"),
    "no person": (lambda root, tmp: ["list", root, "--person", "bob"], "--person"),
    "a path for a person": (lambda root, tmp: ["list", root, "--person", "../default"], "small letters"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(root: Path, tmp_path: Path, run: Terminal, wrong: str) -> None:
    (tmp_path / "latin1").write_bytes("é".encode("latin-1"))
    call, sentence = WRONG[wrong]
    assert sentence in run.error(*call(root, tmp_path))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"wrong\n", "The passphrase is wrong"),
        (b"", "first line"),
        (b"\n" + PASSPHRASE.encode(), "first line"),
        (b"\xff\xfe", "UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_passphrase_files(
    root: Path, tmp_path: Path, run: Terminal, passphrase_file: Path, content: bytes | None, sentence: str
) -> None:
    passphrase_file.unlink()
    if content is not None:
        passphrase_file.write_bytes(content)
    assert sentence in run.error("list", root)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_only_the_line_end_is_cut_off_a_passphrase(
    root: Path, run: Terminal, passphrase_file: Path, end: bytes
) -> None:
    passphrase_file.write_bytes(PASSPHRASE.encode() + end)
    run("list", root)
    passphrase_file.write_bytes(PASSPHRASE.encode() + b" " + end)
    assert "wrong" in run.error("list", root)


def test_a_short_passphrase_makes_no_desk(tmp_path: Path, run: Terminal, passphrase_file: Path) -> None:
    passphrase_file.write_text("short\n")
    assert "fewer than 8 characters" in run.error("init", "--desk", "police", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_without_a_terminal_nobody_is_asked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", str(root)]) == 1
    assert "--passphrase-file" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["add-person", "bob"], ["passphrase"]])
def test_without_a_terminal_the_option_for_a_new_passphrase_is_named(
    root: Path, run: Terminal, words: list[str]
) -> None:
    command, *rest = words
    assert "give it with --new-passphrase-file FILE" in run.error(command, root, *rest)


@pytest.mark.parametrize(("command", "rest"), [("purge", []), ("person", ["Name", "--note-file", "FILE"])])
def test_a_wrong_call_shows_the_usage_of_its_command(
    root: Path, capsys: pytest.CaptureFixture[str], command: str, rest: list[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, str(root), *rest])
    assert stopped.value.code == 2
    assert f"usage: desk {command}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call",
    [[], ["nonsense"], ["list"], ["reply", "DIR", "ID"], ["reply", "DIR", "ID", "--status", "guilty"], ["init", "DIR"]],
)
def test_a_wrong_call_exits_with_2(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(call)
    assert stopped.value.code == 2
    assert "usage: desk" in capsys.readouterr().err


def test_a_missing_part_of_a_desk_is_said(filled: Path, run: Terminal) -> None:
    shutil.rmtree(filled / "sealed")
    assert "error: " in run.error("extract", filled, urgent_case(run, filled), 1, filled.parent / "out")
    (filled / "casebook.db").rename(filled.parent / "moved")
    assert "casebook.db is missing" in run.error("list", filled)


def test_a_full_disk_is_said(root: Path, portal: PlayedPortal, run: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    portal.file(draft())
    path = portal.export()
    with monkeypatch.context() as patch:
        patch.setattr("portal.desk.folder.Part.write", full)
        assert "The disk is full" in run.error("import", root, path, "--portal-key", portal.key_file)
    assert list((root / "sealed").iterdir()) == []
    assert "1 new case" in run("import", root, path)
    with session.open_desk(root, PASSPHRASE) as desk:
        assert len(cases.listed(desk.casebook)) == 1
