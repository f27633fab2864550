"""One act: what is made, what stays here, what the casebook remembers, what a crash leaves."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import minisign
import msgspec
import pytest

from portal.age import HybridIdentity, Identity, X25519Identity, decrypt
from portal.channels import Channel
from portal.desk import authorities, cases, custody, session
from portal.desk import referring as package
from portal.desk.authorities import Authority
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring import Manifest, Wish, refer, writing
from portal.desk.referring.files import File as Piece
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import CustodyError, DeskError
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.referring.conftest import CONTACT, FILES, File, Refer
from tests.desk.test_crash import steps

CANARIES = [CONTACT[key].encode() for key in ("contact_name", "contact_email", "contact_phone")]
EVERYTHING = ("pdf", "json", "urls", "cybertip", "case")


def content(out: Path) -> dict[str, bytes]:
    """All files of a folder by their names."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def said_of(out: Path) -> bytes:
    """All that a referral says, the texts of the PDF too."""
    done = subprocess.run(["pdftotext", out / "referral.pdf", "-"], capture_output=True, check=True)
    return b"".join([*content(out).values(), done.stdout])


def test_a_folder_with_what_was_asked_for(file: File, referring: Refer, parquet: Authority) -> None:
    case = file("travel", files=FILES)
    made, out = referring(case, to=parquet)
    assert sorted(content(out)) == [
        *("manifest.json", "manifest.json.minisig", "referral.json", "referral.pdf", "urls.csv"),
    ]
    made, out = referring(case, formats=EVERYTHING, attachments="original")
    assert sorted(content(out)) == [
        *("attachments/01", "attachments/02", "attachments/index.csv", "case.jsonld", "cybertip.xml"),
        *("manifest.json", "manifest.json.minisig", "referral.json", "referral.pdf", "urls.csv"),
    ]
    assert [content(out)["attachments/01"], content(out)["attachments/02"]] == FILES
    assert all(path.stat().st_mode & 0o077 == 0 for path in [out, *out.rglob("*")])
    assert made.manifest.referral == 2


def test_the_manifest_names_every_file(desk: Desk, file: File, referring: Refer, parquet: Authority) -> None:
    made, out = referring(file("travel", files=FILES), to=parquet, formats=EVERYTHING, attachments="original")
    files = content(out)
    manifest = json.loads(files.pop("manifest.json"))
    files.pop("manifest.json.minisig")
    assert {e["name"]: (e["size"], e["sha256"]) for e in manifest.pop("files")} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()
    }
    assert manifest == {
        **{"format": "portevoix/referral-manifest/1", "desk": "police", "case": "2026-0001", "referral": 1},
        **{"day": desk.today.isoformat(), "person": "default", "authority": "parquet"},
    }
    assert made.sha256 == hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()


def test_minisign_verifies_it(root: Path, file: File, referring: Refer) -> None:
    _, out = referring(file("self"), formats=["json"])
    call = ["minisign", "-V", "-p", root / "public" / "police.pub", "-m", out / "manifest.json"]
    assert b"portevoix referral 2026-0001 1 police" in subprocess.run(call, capture_output=True, check=True).stdout
    (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes() + b" ")
    assert subprocess.run(call, capture_output=True, check=False).returncode != 0


def test_the_case_remembers(desk: Desk, file: File, referring: Refer, parquet: Authority) -> None:
    case = file("travel", files=FILES)
    made, out = referring(case, to=parquet, attachments="original")
    (kept,) = package.listed(desk.casebook, case)
    assert (kept.case, kept.number, kept.authority, kept.attachments) == (case.name, 1, "parquet", "original")
    assert kept.formats == ("pdf", "json", "urls")
    assert kept.manifest == (out / "manifest.json").read_bytes()
    assert kept.signature == (out / "manifest.json.minisig").read_bytes()
    assert kept.sha256.hex() == made.sha256
    assert package.check(kept.manifest, kept.signature, [desk.keyring.verify_key]) == made.manifest
    (record,) = [one for one in custody.records(desk.casebook, case.name) if one.entry.act == "referred"]
    assert record.details is not None
    assert record.details["manifest"] == made.sha256
    assert record.details["authority"] == "parquet"
    assert record.details["attachments"] == [hashlib.sha256(data).hexdigest() for data in FILES]
    custody.check(desk.casebook, [desk.keyring.verify_key])


def test_a_changed_manifest_is_found(desk: Desk, file: File, referring: Refer) -> None:
    referring(file("self"), formats=["json"])
    (kept,) = package.listed(desk.casebook)
    key = desk.keyring.verify_key
    for data, signature, keys in (
        (kept.manifest.replace(b"police", b"pirate"), kept.signature, [key]),
        (kept.manifest, kept.signature.replace(b"police", b"pirate"), [key]),
        (kept.manifest, b"", [key]),
        (kept.manifest, kept.signature, [minisign.KeyPair.generate().public_key]),
    ):
        with pytest.raises(CustodyError):
            package.check(data, signature, keys)
    odd = bytes(desk.keyring.signing_key.sign(b"{}", untrusted_comment="x", trusted_comment="y"))
    with pytest.raises(CustodyError, match="manifest"):
        package.check(b"{}", odd, [key])


@pytest.mark.parametrize("recipient", [HybridIdentity.generate(), X25519Identity.generate()])
def test_sealed_it_is_one_age_file_of_the_same(
    desk: Desk, file: File, referring: Refer, tmp_path: Path, recipient: Identity
) -> None:
    to = authorities.add(desk, "lab", "Laboratory", recipient=str(recipient.recipient))  # type: ignore[attr-defined]
    case = file("travel", files=FILES)
    made, out = referring(case, to=to, sealed=True, attachments="original")
    if isinstance(recipient, X25519Identity):
        key = tmp_path / "key"
        key.write_text(f"{recipient}\n")
        opened = subprocess.run(["age", "-d", "-i", key, out], capture_output=True, check=True).stdout
    else:
        opened = b"".join(decrypt([recipient], [out.read_bytes()]))
    with tarfile.open(fileobj=io.BytesIO(opened)) as tar:
        found = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]
    manifest = msgspec.json.decode(found.pop("manifest.json"), type=Manifest)
    assert manifest == made.manifest
    assert found.pop("manifest.json.minisig")
    assert {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} == {
        entry.name: entry.sha256 for entry in manifest.files
    }
    assert out.stat().st_mode & 0o777 == 0o600
    assert CANARIES[0] not in out.read_bytes()


def test_sealed_without_a_name_goes_to_the_only_one(desk: Desk, file: File, referring: Refer) -> None:
    case = file("self")
    with pytest.raises(DeskError, match="age recipient"):
        referring(case, sealed=True, formats=["json"])
    with pytest.raises(DeskError, match="police is known"):
        referring(case, sealed=True, formats=["json"], to=authorities.find(desk.casebook, "police"))
    authorities.add(desk, "lab", "Laboratory", recipient=str(desk.keyring.recipient))
    made, _ = referring(case, sealed=True, formats=["json"])
    assert made.manifest.authority == "lab"
    authorities.add(desk, "other", "Other", recipient=str(desk.keyring.recipient))
    with pytest.raises(DeskError, match="lab, other"):
        referring(case, sealed=True, formats=["json"])


@pytest.mark.parametrize(
    ("consent", "to", "without", "expected"),
    [
        (True, "parquet", False, "included"),
        (True, "parquet", True, "withheld"),
        (True, "school", False, "withheld"),
        (True, None, False, "withheld"),
        (False, "parquet", False, "withheld"),
    ],
)
def test_contact_data_goes_only_with_consent_to_the_police(
    desk: Desk, file: File, referring: Refer, parquet: Authority, consent: bool, to: str, without: bool, expected: str
) -> None:
    school = authorities.add(desk, "school", "A school")
    said = CONTACT | ({"contact_consent": ["police"]} if consent else {})
    receiver = {"parquet": parquet, "school": school, None: None}[to]
    made, out = referring(file("travel", **said), to=receiver, without_contact=without, formats=EVERYTHING)
    assert made.contact == expected
    assert json.loads((out / "referral.json").read_bytes())["contact"] == expected
    found = [canary for canary in CANARIES if canary in said_of(out)]
    assert found == (CANARIES if expected == "included" else [])


def test_contact_data_within_a_text_is_warned_of_or_masked(desk: Desk, file: File, referring: Refer) -> None:
    case = file("travel", "I am MARIA\nMusterfrau, 00352 621/123-456.", city="ask maria@private.example", **CONTACT)
    reply(desk, case, "question", "Dear Maria Musterfrau", ["police"], desk.today)
    made, out = referring(case, formats=EVERYTHING)
    assert made.mentioned == ("contact_email", "contact_name", "contact_phone")
    assert "MARIA" in json.loads((out / "referral.json").read_bytes())["messages"][0]["narrative"], "as it was written"
    made, out = referring(case, formats=EVERYTHING, masked=True)
    assert made.mentioned == ()
    said = json.loads((out / "referral.json").read_bytes())
    assert said["masked"]
    assert said["messages"][0]["narrative"] == "I am [withheld by the desk], [withheld by the desk]."
    assert said["answers"][0]["text"] == "Dear [withheld by the desk]"
    assert not [one for one in [*CANARIES, b"MARIA", b"Musterfrau"] if one in said_of(out)]


def test_without_contact_data_nothing_is_withheld(file: File, referring: Refer) -> None:
    made, out = referring(file("travel", contact="words"), formats=["json"])
    assert made.contact == "none"
    assert json.loads((out / "referral.json").read_bytes())["messages"][0]["answers"]["contact"] == "words"


def test_what_the_reporter_wants_kept_from_somebody(
    desk: Desk, portal: PlayedPortal, importing: Import, referring: Refer, parquet: Authority
) -> None:
    portal.file(msgspec.structs.replace(draft(channel="travel"), keep_from=["police"]))
    importing(portal.export())
    (case,) = cases.listed(desk.casebook)
    police = authorities.find(desk.casebook, "police")
    with pytest.raises(DeskError, match="keep this from police"):
        referring(case, to=police)
    made, out = referring(case, to=parquet)
    assert made.keep_from == ("police",)
    assert b"The reporter asked to keep this from: police" in said_of(out)
    made, _ = referring(case, to=police, despite_keep_from=True, formats=["json"])
    assert made.manifest.authority == "police"


def test_a_whole_thread_goes(desk: Desk, portal: PlayedPortal, importing: Import, referring: Refer) -> None:
    keys = reporter()
    portal.file(draft("First words", channel="travel", files=FILES[:1]), keys, FILES[:1])
    portal.file(draft("Added words", channel="travel", kind="message", files=FILES[1:]), keys, FILES[1:])
    importing(portal.export())
    (case,) = cases.listed(desk.casebook)
    reply(desk, case, "under-review", "We look at it.", ["police"], desk.today)
    _, out = referring(cases.find(desk.casebook, case.name), attachments="original")
    said = json.loads((out / "referral.json").read_bytes())
    assert [message["narrative"] for message in said["messages"]] == ["First words", "Added words"]
    assert [a["file"] for message in said["messages"] for a in message["attachments"]] == [
        *("attachments/01", "attachments/02"),
    ]
    assert [answer["text"] for answer in said["answers"]] == ["We look at it."]
    assert said["status_label"] == "under review"
    for words in (b"First words", b"Added words", b"We look at it."):
        assert words in said_of(out)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"formats": ["word"]}, "no format"),
        ({"formats": []}, "needs a format"),
        ({"language": "xx"}, "languages"),
        ({"attachments": "cleaned"}, "Attachment 1 cannot be cleaned"),
    ],
)
def test_what_cannot_be_made_leaves_nothing(
    desk: Desk, file: File, referring: Refer, tmp_path: Path, wish: dict[str, Any], reason: str
) -> None:
    case = file("travel", files=FILES)
    with pytest.raises(DeskError, match=reason):
        referring(case, **wish)
    assert not list(tmp_path.glob("out-*"))
    assert package.listed(desk.casebook) == []


def test_a_name_that_is_taken_is_left_alone(file: File, referring: Refer, tmp_path: Path) -> None:
    case = file("self")
    (tmp_path / "out-0").mkdir()
    out = tmp_path / "out-0"
    with pytest.raises(DeskError, match="exists already"):
        writing.write_folder(out, [], Piece.of("x", b""), lambda: None)
    shutil.rmtree(out)
    _, out = referring(case, formats=["json"])
    assert out.is_dir()


def test_a_damaged_item_stops_it(root: Path, file: File, referring: Refer, tmp_path: Path) -> None:
    case = file("travel", files=FILES)
    (sealed,) = (root / "sealed").iterdir()
    data = bytearray(sealed.read_bytes())
    data[-40] ^= 1
    sealed.write_bytes(data)
    with pytest.raises(DeskError, match="damaged"):
        referring(case, attachments="original", formats=["json"])
    sealed.unlink()
    with pytest.raises(DeskError, match="missing"):
        referring(case, attachments="original", formats=["json"])
    assert not list(tmp_path.glob("out-*"))


def test_an_attachment_that_changes_while_it_is_written(tmp_path: Path) -> None:
    lie = Piece("attachments/01", 3, hashlib.sha256(b"abc").hexdigest(), lambda: iter([b"abd"]))
    recorded: list[bool] = []
    signature = Piece.of("manifest.json.minisig", b"s")
    with pytest.raises(DeskError, match="not the one of its report"):
        writing.write_folder(tmp_path / "folder", [lie], signature, lambda: recorded.append(True))
    with pytest.raises(DeskError, match="not the one of its report"):
        writing.write_sealed(
            tmp_path / "file", X25519Identity.generate().recipient, [lie, signature], lambda: recorded.append(True)
        )
    assert recorded == []
    assert list(tmp_path.iterdir()) == []


def test_killed_at_any_step_no_referral_is_unknown(
    new_desk: Path, tmp_path: Path, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    root, out = tmp_path / "desk", tmp_path / "out"
    portal.file(draft(channel="travel", files=FILES), files=FILES)
    bundle, filled = portal.export(), tmp_path / "filled"
    shutil.copytree(new_desk, filled)
    with session.open_desk(filled, PASSPHRASE, writing=True) as desk:
        import_bundle(desk, bundle, channels, Trust(portal.keys.public_key))

    def fresh() -> None:
        for folder in (root, out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(filled, root)

    def work(place: Path = out) -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            wish = Wish(formats=["json"], attachments="original")
            refer(desk, cases.listed(desk.casebook)[0], place, wish, channels)

    for step in steps(work, fresh):
        whole = (out / "manifest.json.minisig").exists()
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            known = package.listed(desk.casebook)
            custody.check(desk.casebook, [desk.keyring.verify_key])
        assert known or not whole, step
        if step % 20 == 0:
            shutil.rmtree(out, ignore_errors=True)
            work()
            assert (out / "manifest.json.minisig").exists()
