"""refer, authority, clean and quarantine as a caseworker types them."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from portal.age import HybridIdentity, X25519Identity
from portal.desk import cases, persons, session
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft
from tests.desk.referring.conftest import CONTACT, SAID
from tests.desk.test_cli import Terminal

NEW, OLD = str(HybridIdentity.generate().recipient), str(X25519Identity.generate().recipient)


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "teal").save(out, "JPEG", comment=b"CANARY")
    return out.getvalue()


@pytest.fixture
def run(passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(passphrase_file, capsys)


@pytest.fixture
def case(root: Path, portal: PlayedPortal, run: Terminal) -> str:
    answers = SAID["travel"] | CONTACT | {"contact_consent": ["police"], "evidence_held": ["abuse_image"]}
    files = [photo(), b"plain words"]
    portal.file(draft("Ask Maria Musterfrau.", channel="travel", answers=answers, files=files), files=files)
    run("import", root, portal.export(), "--portal-key", portal.key_file)
    return "2026-0001"


def test_refer_says_what_it_made(root: Path, case: str, run: Terminal, tmp_path: Path) -> None:
    out = run("refer", root, case, tmp_path / "out")
    assert f"Referral 1 of case {case} is in {tmp_path / 'out'}." in out
    assert "contact data stays here" in out
    assert "WARNING: the texts name the reporter's name all the same" in run.advice
    assert "--status forwarded-other" in run.advice
    manifest = (tmp_path / "out" / "manifest.json").read_bytes()
    for entry in json.loads(manifest)["files"]:
        assert f"{entry['name']}" in out
    out = run("refer", root, case, tmp_path / "masked", "--mask", "--language", "fr")
    assert "WARNING" not in run.advice
    assert b"Musterfrau" not in (tmp_path / "masked" / "referral.json").read_bytes()
    assert "exists already" in run.error("refer", root, case, tmp_path / "out")
    out = run("refer", root, case, tmp_path / "police", "--to", "police", "--format", "json")
    assert "Referral 3 of case 2026-0001 to police" in out
    assert "with the consent that the report records" in out
    assert "--status forwarded-police" in run.advice
    assert "NOTE" not in run.advice
    assert sorted(path.name for path in (tmp_path / "police").iterdir()) == [
        *("manifest.json", "manifest.json.minisig", "referral.json"),
    ]


def test_refer_to_a_name_that_is_not_listed(root: Path, case: str, run: Terminal, tmp_path: Path) -> None:
    run("refer", root, case, tmp_path / "out", "--to", "stopline", "--format", "urls")
    assert "stopline is not among your authorities" in run.advice
    assert "--status forwarded-stopline" in run.advice
    assert "No age recipient of stopline" in run.error(
        "refer", root, case, tmp_path / "x", "--to", "stopline", "--sealed"
    )
    assert "There is no format 'word'" in run.error("refer", root, case, tmp_path / "x", "--format", "pdf,word")


def test_refer_says_where_the_use_is_restricted(root: Path, case: str, run: Terminal, tmp_path: Path) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        persons.decide(desk, cases.find(desk.casebook, case), "restriction", "asked in a letter")
    run("refer", root, case, tmp_path / "out", "--format", "json")
    assert "the use of this case is restricted" in run.advice


def test_authorities(root: Path, run: Terminal) -> None:
    assert "police" in run("authority", root, "list")
    run("authority", root, "add", "parquet", "--title", "Parquet", "--police", "--recipient", NEW)
    assert run.advice == ""
    run("authority", root, "add", "old", "--title", "Old", "--recipient", OLD)
    assert "classical" in run.advice
    run("authority", root, "add", "bare", "--title", "Bare")
    assert "nothing can be sealed to it yet" in run.advice
    assert json.loads(run("authority", root, "list", "--json")) == [
        {"name": "bare", "title": "Bare", "police": False, "recipient": None},
        {"name": "old", "title": "Old", "police": False, "recipient": OLD},
        {"name": "parquet", "title": "Parquet", "police": True, "recipient": NEW},
        {"name": "police", "title": "Police", "police": True, "recipient": None},
    ]
    assert "classical" in run("authority", root, "list")
    run("authority", root, "remove", "police")
    assert "police" not in [known["name"] for known in json.loads(run("authority", root, "list", "--json"))]
    assert "Say which authority" in run.error("authority", root, "add")
    assert "--title" in run.error("authority", root, "add", "x")
    assert "No authority is called" in run.error("authority", root, "remove", "nobody")
    for name in ("bare", "old", "parquet"):
        run("authority", root, "remove", name)
    assert "No authorities yet" in run("authority", root, "list")


def test_clean(root: Path, case: str, run: Terminal, tmp_path: Path) -> None:
    out = run("clean", root, case, 1, tmp_path / "copy.jpg")
    assert out.count("SHA-256") == 2
    assert b"CANARY" not in (tmp_path / "copy.jpg").read_bytes()
    assert "none of the kinds" in run.error("clean", root, case, 2, tmp_path / "other")


def test_quarantine(
    root: Path,
    case: str,
    run: Terminal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run("show", root, case)
    assert "do not open the attachments" in run.advice
    assert f"desk quarantine {root} {case} N" in run.advice
    assert "No authority with an age recipient" in run.error("quarantine", root, case, 1)
    run("authority", root, "add", "lab", "--title", "Laboratory", "--recipient", NEW)
    out = run("quarantine", root, case, 1)
    assert f"Attachment 1 of {case} is sealed to lab in {case}-attachment-1.age, and erased here." in out
    assert (tmp_path / f"{case}-attachment-1.age").exists()
    assert "Backups" in run.advice
    assert "Attachment 1 was sealed to lab on" in run("show", root, case)
    assert "sealed to lab" in run.error("extract", root, case, 1, tmp_path / "x")
    assert "sealed to lab" in run.error("quarantine", root, case, 1, tmp_path / "x", "--to", "lab")
    run("extract", root, case, 2, tmp_path / "x")
    assert "its first bytes are those of text/plain" in run.advice
    run("verify", root)
