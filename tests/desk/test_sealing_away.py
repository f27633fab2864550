"""An attachment that may be abuse material: sealed to an authority unopened, erased here, and nothing else lost."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from portal.age import HybridIdentity, X25519Identity, decrypt
from portal.channels import Channel
from portal.desk import authorities, cases, custody, purging, sealing_away, session, verifying
from portal.desk.authorities import Authority
from portal.desk.cases import Case
from portal.desk.extracting import extract
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring import Wish, refer
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.test_crash import steps

FILES = [b"first" * 40_000, b"\xff\xd8\xff secret picture" * 5_000, b"third"]
LATER = [b"sent later"]
LAB = HybridIdentity.generate()


@pytest.fixture
def to(desk: Desk) -> Authority:
    return authorities.add(desk, "lab", "Laboratory", recipient=str(LAB.recipient))


@pytest.fixture
def case(desk: Desk, portal: PlayedPortal, importing: Import) -> Case:
    """Three attachments in the report, one in what was added."""
    keys = reporter()
    portal.file(draft("Narrative stays.", channel="travel", files=FILES, name="../x.jpg"), keys, FILES)
    portal.file(draft(channel="travel", kind="message", files=LATER), keys, LATER)
    importing(portal.export())
    return cases.listed(desk.casebook)[0]


def opened(path: Path, identity: HybridIdentity = LAB) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(decrypt([identity], [path.read_bytes()])))) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def here(root: Path, desk: Desk) -> bytes:
    """All that this desk can open of what lies in its folder."""
    return b"".join(
        piece for path in (root / "sealed").iterdir() for piece in decrypt(desk.keyring.opening(), [path.read_bytes()])
    )


def test_the_authority_gets_it_and_the_desk_has_it_no_more(
    root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path
) -> None:
    assert FILES[1] in here(root, desk)
    before = {path.name for path in (root / "sealed").iterdir()}
    gone = sealing_away.seal_away(desk, case, 2, to, tmp_path / "out.age")
    found = opened(tmp_path / "out.age")
    assert found["attachment"] == FILES[1]
    about = json.loads(found["about.json"])
    digest = hashlib.sha256(FILES[1])
    assert about == {
        **{"format": "portevoix/handed-over/1", "desk": "police", "case": case.name, "attachment": 2},
        **{"day": desk.today.isoformat(), "person": "default", "authority": "lab", "declared": "image/jpeg"},
        **{"size": len(FILES[1]), "sha256": digest.hexdigest()},
    }
    assert FILES[1][:40] not in here(root, desk)
    assert len(set(before) - {path.name for path in (root / "sealed").iterdir()}) == 1
    assert not (root / "sealed" / f"{gone.original.hex()}.age").exists()
    assert gone.handed == hashlib.sha256((tmp_path / "out.age").read_bytes()).digest()
    assert sealing_away.listed(desk.casebook, case) == [gone]
    assert desk.casebook.all("SELECT * FROM erasing") == []


def test_the_note_for_the_authority_is_signed(
    root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path
) -> None:
    sealing_away.seal_away(desk, case, 1, to, tmp_path / "out.age")
    for name, data in opened(tmp_path / "out.age").items():
        (tmp_path / name).write_bytes(data)
    call = ["minisign", "-V", "-p", root / "public" / "police.pub", "-m", tmp_path / "about.json"]
    subprocess.run(call, capture_output=True, check=True)


def test_any_age_opens_what_is_sealed_to_a_classical_recipient(desk: Desk, case: Case, tmp_path: Path) -> None:
    identity = X25519Identity.generate()
    to = authorities.add(desk, "old", "An older laboratory", recipient=str(identity.recipient))
    (tmp_path / "key").write_text(f"{identity}\n")
    sealing_away.seal_away(desk, case, 4, to, tmp_path / "out.age")
    tar = subprocess.run(["age", "-d", "-i", tmp_path / "key", tmp_path / "out.age"], capture_output=True, check=True)
    done = subprocess.run(["tar", "xO", "attachment"], input=tar.stdout, capture_output=True, check=True)
    assert done.stdout == LATER[0]


def test_report_and_other_attachments_stay(desk: Desk, case: Case, to: Authority, tmp_path: Path) -> None:
    sealing_away.seal_away(desk, case, 2, to, tmp_path / "2.age")
    sealing_away.seal_away(desk, case, 1, to, tmp_path / "1.age")
    assert opened(tmp_path / "1.age")["attachment"] == FILES[0]
    first = cases.messages(desk.casebook, case)[0]
    assert first.report.narrative == "Narrative stays."
    assert [one.size for one in first.report.attachments] == [len(content) for content in FILES]
    extract(desk, case, 3, tmp_path / "three")
    assert (tmp_path / "three").read_bytes() == FILES[2]
    extract(desk, case, 4, tmp_path / "four")
    assert (tmp_path / "four").read_bytes() == LATER[0]
    with pytest.raises(DeskError, match="sealed to lab"):
        extract(desk, case, 2, tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_verify_knows_it_and_the_log_says_it(root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path) -> None:
    gone = [sealing_away.seal_away(desk, case, number, to, tmp_path / f"{number}.age") for number in (2, 3)]
    said = [one for one in custody.records(desk.casebook, case.name) if one.entry.act == "attachment-sealed"]
    assert [one.details for one in said] == [
        {
            **{"sha256": one.sha256.hex(), "size": one.size, "authority": "lab", "original": one.original.hex()},
            **{"remainder": one.remainder.hex(), "handed": one.handed.hex()},
        }
        for one in gone
    ]
    verifying.verify(desk.folder, desk.keyring)
    path = root / "sealed" / f"{gone[1].remainder.hex()}.age"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DeskError, match=path.name):
        verifying.verify(desk.folder, desk.keyring)


def test_what_a_crash_left_is_found_and_erased_by_a_purge(
    root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path
) -> None:
    first = cases.messages(desk.casebook, case)[0]
    item = desk.folder.sealed(first.sha256)
    data = item.read_bytes()
    gone = sealing_away.seal_away(desk, case, 1, to, tmp_path / "out.age")
    item.write_bytes(data)
    desk.casebook.run("INSERT INTO erasing (sha256) VALUES (?)", gone.original)
    with pytest.raises(DeskError, match="should be erased"):
        verifying.verify(desk.folder, desk.keyring)
    purging.finish(desk)
    assert not item.exists()
    verifying.verify(desk.folder, desk.keyring)


def test_a_bundle_does_not_bring_it_back(
    root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path, portal: PlayedPortal, importing: Import
) -> None:
    sealing_away.seal_away(desk, case, 2, to, tmp_path / "out.age")
    outcome = importing(portal.export())
    assert (outcome.known, outcome.quarantined, outcome.cases) == (2, [], [])
    assert FILES[1][:40] not in here(root, desk)
    verifying.verify(desk.folder, desk.keyring)


def test_a_referral_says_where_it_went(
    desk: Desk, case: Case, to: Authority, tmp_path: Path, channels: dict[str, Channel]
) -> None:
    sealing_away.seal_away(desk, case, 2, to, tmp_path / "out.age")
    refer(desk, case, tmp_path / "referral", Wish(attachments="original"), channels)
    said = json.loads((tmp_path / "referral" / "referral.json").read_bytes())["messages"][0]["attachments"]
    assert [one["copy"] for one in said] == ["original", "sealed-away", "original"]
    assert said[1]["sha256"] == hashlib.sha256(FILES[1]).hexdigest()
    assert "lab" in said[1]["note"]
    assert not (tmp_path / "referral" / "attachments" / "02").exists()
    assert (tmp_path / "referral" / "attachments" / "03").read_bytes() == FILES[2]
    text = subprocess.run(["pdftotext", tmp_path / "referral" / "referral.pdf", "-"], capture_output=True, check=True)
    assert b"no longer at the desk" in b" ".join(text.stdout.split())


def test_what_cannot_be_done_changes_nothing(root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path) -> None:
    before = here(root, desk)
    police = authorities.find(desk.casebook, "police")
    (tmp_path / "taken").write_bytes(b"")
    for number, authority, out, reason in (
        (5, to, "out.age", "no attachment 5"),
        (0, to, "out.age", "no attachment 0"),
        (1, police, "out.age", "No age recipient of police"),
        (1, to, "taken", "exists already"),
        (1, to, "no/such/folder", "no folder"),
    ):
        with pytest.raises(DeskError, match=reason):
            sealing_away.seal_away(desk, case, number, authority, tmp_path / out)
    sealing_away.seal_away(desk, case, 4, to, tmp_path / "4.age")
    with pytest.raises(DeskError, match="sealed to lab"):
        sealing_away.seal_away(desk, case, 4, to, tmp_path / "again.age")
    assert len(here(root, desk)) <= len(before)
    assert not (tmp_path / "out.age").exists()


def test_a_damaged_item_stays_as_it_is(root: Path, desk: Desk, case: Case, to: Authority, tmp_path: Path) -> None:
    first = cases.messages(desk.casebook, case)[0]
    path = desk.folder.sealed(first.sha256)
    damaged = path.read_bytes()[:-1] + b"x"
    path.write_bytes(damaged)
    with pytest.raises(DeskError, match="damaged"):
        sealing_away.seal_away(desk, case, 1, to, tmp_path / "out.age")
    assert path.read_bytes() == damaged
    assert not (tmp_path / "out.age").exists()
    assert not list((root / "sealed").glob(".*"))
    path.unlink()
    with pytest.raises(DeskError, match="missing"):
        sealing_away.seal_away(desk, case, 1, to, tmp_path / "out.age")


def test_killed_at_any_step_it_is_nowhere_lost(
    new_desk: Path, tmp_path: Path, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    root, filled, outs = tmp_path / "desk", tmp_path / "filled", tmp_path / "outs"
    portal.file(draft(channel="travel", files=[b"x" * 200, b"y"]), files=[b"x" * 200, b"y"])
    shutil.copytree(new_desk, filled)
    with session.open_desk(filled, PASSPHRASE, writing=True) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        authorities.add(desk, "lab", "Laboratory", recipient=str(LAB.recipient))

    def fresh() -> None:
        for folder in (root, outs):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(filled, root)
        outs.mkdir()

    def work(name: str = "first.age") -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            case = cases.listed(desk.casebook)[0]
            sealing_away.seal_away(desk, case, 1, authorities.find(desk.casebook, "lab"), outs / name)

    for _ in steps(work, fresh):
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            known = sealing_away.listed(desk.casebook)
            if known:
                assert opened(outs / "first.age")["attachment"] == b"x" * 200
            else:
                assert b"x" * 200 in here(root, desk)
        if not known:
            work("second.age")
            assert opened(outs / "second.age")["attachment"] == b"x" * 200
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            sealing_away.finish(desk)
            assert b"x" * 200 not in here(root, desk)
            extract(desk, cases.listed(desk.casebook)[0], 2, outs / "two")
