"""Answers and packs: what leaves the desk, again and again until the portal has it."""

import hashlib
from datetime import date
from pathlib import Path

import msgspec
import pytest

from portal import limits, parcel, report
from portal.age import decrypt
from portal.channels import Channel
from portal.desk import cases, portals
from portal.desk.importing import import_bundle
from portal.desk.packing import Packed, make_pack
from portal.desk.portals import Trust
from portal.desk.replies import readers, reply
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from portal.report import Reply
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, contents, draft, reporter

TODAY = date(2026, 11, 26)


@pytest.fixture
def keys(portal: PlayedPortal, importing: Import) -> ThreadKeys:
    """The reporter of the case 2026-0001, which is here."""
    keys = reporter()
    portal.file(draft("one"), keys)
    importing(portal.export())
    return keys


def answer(desk: Desk, text: str = "Thank you.", status: report.Status = "under-review") -> Reply:
    return reply(desk, cases.find(desk.casebook, "2026-0001"), status, text, [desk.name], TODAY)


def pack(desk: Desk, out: Path) -> Packed:
    return make_pack(desk, portals.find(desk.casebook, None), out)


def opened(keys: ThreadKeys, sealed: bytes) -> Reply:
    """What the reporter reads."""
    return report.read_reply(parcel.unpack_reply(decrypt([keys.identity], [sealed])))


def test_an_answer_reaches_the_reporter(desk: Desk, portal: PlayedPortal, keys: ThreadKeys, tmp_path: Path) -> None:
    said = answer(desk, "  Merci.\r\nNous lisons.\x1b[0m  ")
    packed = pack(desk, tmp_path / "pack.tar")
    assert packed == Packed(counter=1, collected=1, replies=1, left=0)
    taken, replies = portal.take(tmp_path / "pack.tar", desk.keyring.verify_key)
    assert (taken.desk, taken.counter, taken.direction) == ("police", 1, "desk-to-portal")
    assert [entry.locator for entry in taken.replies] == [keys.locator.hex()]
    read = opened(keys, replies[said.id])
    assert read == said
    assert read.text == "Merci.\nNous lisons.[0m"
    assert (read.status, read.number, read.channel, read.follow_up) == ("under-review", 1, "website", ["police"])
    assert portal.waiting == {}
    assert cases.find(desk.casebook, "2026-0001").status == "under-review"


def test_every_status_can_be_told(desk: Desk, keys: ThreadKeys) -> None:
    for status in report.STATUSES:
        answer(desk, "", status)  # type: ignore[arg-type]
        assert cases.find(desk.casebook, "2026-0001").status == status
    found = cases.answers(desk.casebook, cases.find(desk.casebook, "2026-0001"))
    assert [(a.reply.number, a.reply.status) for a in found] == list(enumerate(report.STATUSES, 1))


def test_a_reply_may_hand_the_thread_to_other_desks(desk: Desk, portal: PlayedPortal, keys: ThreadKeys) -> None:
    case = cases.find(desk.casebook, "2026-0001")
    said = reply(desk, case, "forwarded-stopline", "", ["stopline", "ecpat", "stopline"], TODAY)
    assert (said.follow_up, said.text) == (["ecpat", "stopline"], "")


class TestWhoReadsOn:
    """Where a reporter's next message goes if nobody says so."""

    @pytest.mark.parametrize(
        ("channel", "kept", "expected"),
        [
            ("travel", [], ["police"]),
            ("self", [], ["ecpat", "police"]),
            ("self", ["ecpat"], ["police"]),
            ("of another site", [], ["police"]),
        ],
    )
    def test_before_the_first_answer(
        self,
        desk: Desk,
        portal: PlayedPortal,
        importing: Import,
        channels: dict[str, Channel],
        channel: str,
        kept: list[str],
        expected: list[str],
    ) -> None:
        channel = channel.replace(" ", "-")
        portal.file(msgspec.structs.replace(draft(channel=channel), keep_from=kept))
        importing(portal.export())
        assert readers(desk, cases.find(desk.casebook, "2026-0001"), channels) == expected

    def test_a_thread_that_was_handed_on_stays_there(
        self, desk: Desk, keys: ThreadKeys, channels: dict[str, Channel]
    ) -> None:
        case = cases.find(desk.casebook, "2026-0001")
        reply(desk, case, "forwarded-stopline", "", ["stopline"], TODAY)
        assert readers(desk, case, channels) == ["stopline"]


@pytest.mark.parametrize(
    "text", ["x" * limits.REPLY_TEXT_BYTES, "\n".join("x" * 2000), '"' * 4000, "ü" * 2000, "\U0001f600" * 1000]
)
def test_every_text_within_the_limit_fits(desk: Desk, keys: ThreadKeys, text: str) -> None:
    answer(desk, text)
    (sealed,) = desk.casebook.one("SELECT sealed FROM replies")
    assert len(sealed) <= limits.SEALED_REPLY_BYTES
    assert opened(keys, sealed).text == text


@pytest.mark.parametrize("text", ["x" * (limits.REPLY_TEXT_BYTES + 1), "ü" * 2001])
def test_a_text_over_the_limit_changes_nothing(desk: Desk, keys: ThreadKeys, text: str) -> None:
    before = contents(desk.casebook)
    with pytest.raises(DeskError, match="4,000 bytes"):
        answer(desk, text)
    assert contents(desk.casebook) == before


@pytest.mark.parametrize("name", ["", "Police", "../x", "x" * 33])
def test_a_follow_up_to_what_is_no_desk_is_refused(desk: Desk, keys: ThreadKeys, name: str) -> None:
    with pytest.raises(DeskError, match="small letters"):
        reply(desk, cases.find(desk.casebook, "2026-0001"), "closed", "", [name], TODAY)
    assert contents(desk.casebook)["replies"] == []


def test_packs_repeat_all_until_it_is_confirmed(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, tmp_path: Path
) -> None:
    answer(desk, "one")
    assert pack(desk, tmp_path / "1").replies == 1  # lost on the way
    answer(desk, "two")
    assert pack(desk, tmp_path / "2") == Packed(2, 1, 2, 0)
    first = {entry.id: entry.sha256 for entry in portal.take(tmp_path / "1", desk.keyring.verify_key)[0].replies}
    second, replies = portal.take(tmp_path / "2", desk.keyring.verify_key)
    assert first.items() <= {entry.id: entry.sha256 for entry in second.replies}.items()
    assert [opened(keys, sealed).number for sealed in replies.values()] in ([1, 2], [2, 1])
    answer(desk, "three")
    assert [a.pack for a in cases.answers(desk.casebook, cases.find(desk.casebook, "2026-0001"))] == [1, 2, None]

    importing(portal.export())
    found = cases.answers(desk.casebook, cases.find(desk.casebook, "2026-0001"))
    assert [(a.reply.text, a.taken) for a in found] == [("one", True), ("two", True), ("three", False)]
    assert pack(desk, tmp_path / "3") == Packed(3, 0, 1, 0)
    portal.take(tmp_path / "3", desk.keyring.verify_key)
    importing(portal.export())
    assert pack(desk, tmp_path / "4") == Packed(4, 0, 0, 0)


def test_a_bundle_that_has_not_seen_the_pack_strikes_nothing_off(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, tmp_path: Path
) -> None:
    answer(desk)
    pack(desk, tmp_path / "1")
    assert importing(portal.export()).known == 1
    assert pack(desk, tmp_path / "2") == Packed(2, 1, 1, 0)


def test_an_item_that_is_still_there_is_acknowledged_again(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, tmp_path: Path
) -> None:
    """The portal took the pack, and then its database was put back from a backup."""
    pack(desk, tmp_path / "1")
    waiting = dict(portal.waiting)
    portal.take(tmp_path / "1", desk.keyring.verify_key)
    old = portal.export()
    importing(old)
    assert pack(desk, tmp_path / "2").collected == 0
    portal.waiting = waiting
    importing(portal.export())
    assert pack(desk, tmp_path / "3").collected == 1
    importing(old)
    assert pack(desk, tmp_path / "4").collected == 1


def test_an_old_bundle_does_not_bring_acknowledgements_back(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, tmp_path: Path
) -> None:
    first = portal.folder / "bundle-1.tar"
    pack(desk, tmp_path / "1")
    portal.take(tmp_path / "1", desk.keyring.verify_key)
    importing(portal.export())
    assert importing(first).older
    assert pack(desk, tmp_path / "2").collected == 0


def test_a_casebook_from_a_backup_goes_on_behind_the_packs_that_it_forgot(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, tmp_path: Path
) -> None:
    portal.confirmed = 7
    importing(portal.export())
    assert pack(desk, tmp_path / "8").counter == 8


def test_a_quarantined_item_is_acknowledged(
    desk: Desk, portal: PlayedPortal, importing: Import, tmp_path: Path
) -> None:
    portal.file(draft(channel="travel", answers={"nobody": "asked"}))
    assert len(importing(portal.export()).quarantined) == 1
    pack(desk, tmp_path / "1")
    portal.take(tmp_path / "1", desk.keyring.verify_key)
    assert portal.waiting == {}


def test_a_pack_goes_to_its_own_portal(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, channels: object, tmp_path: Path
) -> None:
    other = PlayedPortal(portal.recipients, portal.folder, counter=10)
    other.file(draft("there"))
    import_bundle(desk, other.export(), channels, Trust(other.keys.public_key, "second"))  # type: ignore[arg-type]
    answer(desk)
    with pytest.raises(DeskError, match=r"--portal \(portal, second\)"):
        portals.find(desk.casebook, None)
    with pytest.raises(DeskError, match="knows portal, second"):
        portals.find(desk.casebook, "third")
    assert make_pack(desk, portals.find(desk.casebook, "second"), tmp_path / "second") == Packed(1, 1, 0, 0)
    assert make_pack(desk, portals.find(desk.casebook, "portal"), tmp_path / "first") == Packed(1, 1, 1, 0)
    other.take(tmp_path / "second", desk.keyring.verify_key)
    portal.take(tmp_path / "first", desk.keyring.verify_key)


def test_what_has_no_room_goes_with_the_next_pack(
    desk: Desk, portal: PlayedPortal, importing: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        portal.file(draft(f"{number}"))
    importing(portal.export())
    for _ in range(3):
        answer(desk)
    monkeypatch.setattr(limits, "PACK_COLLECTED", 3)
    monkeypatch.setattr(limits, "PACK_REPLIES", 2)
    assert pack(desk, tmp_path / "1") == Packed(1, 3, 2, 3)
    portal.take(tmp_path / "1", desk.keyring.verify_key)
    importing(portal.export())
    assert pack(desk, tmp_path / "2") == Packed(2, 2, 1, 0)


def test_a_pack_never_takes_a_name_that_is_taken(desk: Desk, keys: ThreadKeys, tmp_path: Path) -> None:
    out = tmp_path / "pack.tar"
    out.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DeskError, match="exists already"):
        pack(desk, out)
    with pytest.raises(DeskError, match="no folder"):
        pack(desk, tmp_path / "none" / "pack.tar")
    assert portals.find(desk.casebook, None).pack == 0
    assert not (tmp_path / "elsewhere").exists()


def test_no_two_packs_share_a_counter(
    desk: Desk, keys: ThreadKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stick is full: the pack is not there, its number is used up, the next one holds the same."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("portal.desk.folder.Part.write", full)
        with pytest.raises(OSError, match="No space"):
            pack(desk, tmp_path / "1")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "1"))) == []
    assert pack(desk, tmp_path / "2") == Packed(2, 1, 0, 0)


def test_the_hashes_are_those_of_what_came(desk: Desk, portal: PlayedPortal, keys: ThreadKeys, tmp_path: Path) -> None:
    pack(desk, tmp_path / "1")
    manifest, _ = portal.take(tmp_path / "1", desk.keyring.verify_key)
    found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in desk.folder.sealed_items.iterdir()}
    assert {entry.sha256 for entry in manifest.collected} == found


def test_reply_json_is_what_the_format_says(desk: Desk, keys: ThreadKeys) -> None:
    said = msgspec.to_builtins(answer(desk))
    assert said["format"] == "portevoix/reply/1"
    assert said["day"] == "2026-11-26"
    assert len(said["id"]) == 32


def test_contact_data_go_when_a_case_is_closed(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    """The sealed item still holds them, until the purge; the casebook does not."""
    contact = {"contact": "details", "contact_name": "Kim Kanari", "contact_consent": ["police"]}
    portal.file(draft("x", channel="travel", answers={"immediate_danger": "no", "country": "TH", **contact}))
    importing(portal.export())
    (case,) = cases.listed(desk.casebook)
    before = cases.messages(desk.casebook, case)[0].report.answers
    assert "Kim Kanari" in before.values()
    reply(desk, case, "under-review", "", ["police"], desk.today)
    assert "Kim Kanari" in cases.messages(desk.casebook, case)[0].report.answers.values()
    reply(desk, case, "closed", "", ["police"], desk.today)
    after = cases.messages(desk.casebook, case)[0].report.answers
    assert "Kim Kanari" not in str(after)
    assert after["country"] == "TH"
