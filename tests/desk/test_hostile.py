"""Bundles that lie: none of them harms the desk, and none stops the honest rest."""

import hashlib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import minisign
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import archive, canonical, limits, parcel, report
from portal.age import HybridIdentity, X25519Identity, encrypt
from portal.desk import cases
from portal.desk.checking import check
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import BundleError, ParcelError, PortevoixError, Refused, ReportError
from tests.desk.conftest import Import
from tests.desk.played import (
    Item,
    PlayedPortal,
    contents,
    draft,
    report_json,
    reporter,
    seal,
    sealed_archive,
    sealed_item,
)

STRANGER = HybridIdentity.generate()


def signed(portal: PlayedPortal, said: report.Draft | None = None, **changes: Any) -> Item:
    """A report whose thread signed something that no honest portal writes."""
    keys = reporter()
    body = report_json(keys, said or draft(), **changes)
    return sealed_item(portal.recipients, body, report.sign(body, keys))


def by_another_thread(portal: PlayedPortal) -> Item:
    body = report_json(reporter(), draft(kind="message"))
    return sealed_item(portal.recipients, body, report.sign(body, reporter()))


def in_anothers_name(portal: PlayedPortal) -> Item:
    """The captured portal knows the keys of a new thread and names an old one's recipient, to divert the answers."""
    keys = reporter()
    return signed_by(portal, keys, report_json(keys, draft(), verify_key=reporter().verify_key.hex()))


def signed_by(portal: PlayedPortal, keys: Any, body: bytes) -> Item:
    return sealed_item(portal.recipients, body, report.sign(body, keys))


def moved(portal: PlayedPortal) -> Item:
    return Item("0" * 64, seal(portal.recipients, reporter(), draft()).sealed)


def not_canonical(portal: PlayedPortal) -> Item:
    keys = reporter()
    body = report_json(keys, draft()).replace(b'"channel":', b'"channel": ')
    return signed_by(portal, keys, body)


def twice_the_same_member(portal: PlayedPortal) -> Item:
    keys = reporter()
    body = report_json(keys, draft())
    return signed_by(portal, keys, body[:-1] + b',"narrative":"other"}')


def attachment(portal: PlayedPortal, described: list[bytes], sent: list[bytes]) -> Item:
    keys = reporter()
    body = report_json(keys, draft(channel="travel", files=described))
    return sealed_item(portal.recipients, body, report.sign(body, keys), sent)


def member(portal: PlayedPortal, name: str, content: bytes = b"x", at: int = 3, padded: bool = True) -> Item:
    """An archive with one more member."""
    keys = reporter()
    body = report_json(keys, draft())
    members = [("report.json", body), ("report.sig", report.sign(body, keys)), ("report.txt", b"")]
    members.insert(at, (name, content))
    packed = b"".join(b"".join(archive.member(n, len(c), [c])) for n, c in members)
    identifier = msgspec.json.decode(body)["id"]
    return sealed_archive(portal.recipients, identifier, packed.ljust(limits.ITEM_BYTES if padded else 0, b"\0"))


def flipped(portal: PlayedPortal, at: int) -> Item:
    item = seal(portal.recipients, reporter(), draft())
    data = bytearray(item.sealed)
    data[at] ^= 1
    return Item(item.id, bytes(data))


def cut(portal: PlayedPortal, kept: int) -> Item:
    item = seal(portal.recipients, reporter(), draft())
    return Item(item.id, item.sealed[:kept])


def unpadded(portal: PlayedPortal) -> Item:
    keys = reporter()
    body = report_json(keys, draft())
    packed = b"".join(parcel.pack(body, report.sign(body, keys), ""))
    return sealed_archive(portal.recipients, msgspec.json.decode(body)["id"], packed[:-512])


def deep(portal: PlayedPortal, depth: int) -> Item:
    keys = reporter()
    body = report_json(keys, draft(channel="unknown", answers={"a": "DEEP"}))
    nested = b"[" * depth + b"]" * depth
    return signed_by(portal, keys, body.replace(b'"DEEP"', nested))


def classical(portal: PlayedPortal) -> Item:
    return Item("1" * 64, b"".join(encrypt([X25519Identity.generate().recipient], [bytes(limits.ITEM_BYTES)])))


LIES: dict[str, tuple[Callable[[PlayedPortal], Item], str]] = {
    "sealed to somebody else": (lambda p: seal([STRANGER.recipient], reporter(), draft()), "not sealed to a key"),
    "classical age": (classical, "not sealed to a key"),
    "not age": (lambda p: Item("2" * 64, b"no age file"), "not a whole age file"),
    "empty": (lambda p: Item("3" * 64, b""), "not a whole age file"),
    "payload flipped": (lambda p: flipped(p, 40_000), "payload failure"),
    "header flipped": (lambda p: flipped(p, 60), "not sealed|not a whole"),
    "cut in the payload": (lambda p: cut(p, 40_000), "payload failure"),
    "cut in the header": (lambda p: cut(p, 300), "header failure"),
    "follow-up signed by another thread": (by_another_thread, "not the signature"),
    "another thread's verify key": (in_anothers_name, "not the signature"),
    "moved to another id": (moved, "another id"),
    "recipient that is none": (lambda p: signed(p, recipient="age1pq1qqqqqq"), "not an age recipient"),
    "recipient of another kind": (
        lambda p: signed(p, recipient=str(X25519Identity.generate().recipient)),
        "report.json is not",
    ),
    "not canonical": (not_canonical, "report.json is not"),
    "a member twice": (twice_the_same_member, "report.json is not"),
    "unknown member": (lambda p: signed(p, surprise=1), "report.json is not"),
    "no such day": (lambda p: signed(p, received="2026-02-30"), "is no day"),
    "other format": (lambda p: signed(p, format="portevoix/report/2"), "report.json is not"),
    "channel that is a path": (lambda p: signed(p, channel="../../etc"), "report.json is not"),
    "deep JSON": (lambda p: deep(p, 10), "deeper"),
    "deeper JSON": (lambda p: deep(p, 300), "deeper|report.json is not"),
    "deepest JSON": (lambda p: deep(p, 10_000), "report.json is not"),
    "answers that no form gives": (
        lambda p: signed(p, draft(channel="travel", answers={"immediate_danger": "perhaps"})),
        "do not fit the channel",
    ),
    "answers of the wrong shape": (
        lambda p: signed(p, draft(channel="travel", answers={"suspect": {"role": ["x"]}})),
        "do not fit the channel",
    ),
    "an attachment missing": (lambda p: attachment(p, [b"one", b"two"], [b"one"]), "not those of its report"),
    "an attachment too many": (lambda p: attachment(p, [b"one"], [b"one", b"two"]), "not those of its report"),
    "attachments swapped": (lambda p: attachment(p, [b"one", b"two"], [b"two", b"one"]), "not those of its report"),
    "another attachment": (lambda p: attachment(p, [b"one"], [b"eno"]), "not those of its report"),
    "member outside": (lambda p: member(p, "a"), "does not belong"),
    "member out of order": (lambda p: member(p, "report.txt", at=0), "report.json where it must be"),
    "no padding": (unpadded, "not padded"),
    "no end": (lambda p: member(p, "attachments/01", padded=False), "cut short"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_goes_to_quarantine_and_the_rest_is_imported(
    desk: Desk, portal: PlayedPortal, importing: Import, lie: str
) -> None:
    make, reason = LIES[lie]
    honest = [portal.file(draft(f"honest {number}")) for number in range(2)]
    item = portal.put(make(portal))
    path = portal.export()
    for new in (2, 0):
        outcome = importing(path)
        assert (len(outcome.cases), outcome.stopped) == (new, None)
        ((quarantined, said),) = outcome.quarantined
        assert quarantined == item.id
        assert re.search(reason, said), said
    assert desk.folder.quarantined(bytes.fromhex(item.sha256)).read_bytes() == item.sealed
    assert {p.name for p in desk.folder.sealed_items.iterdir()} == {f"{i.sha256}.age" for i in honest}
    assert len(contents(desk.casebook)["quarantine"]) == 1
    # What opened is kept here, so the portal need not keep it; what did not open may be for another key.
    opened = "the portal keeps it" not in said
    assert len(contents(desk.casebook)["arrivals"]) == 2 + opened


REFUSED: dict[str, dict[str, Any]] = {
    "another site": {"site": "0" * 32},
    "another desk": {"desk": "stopline"},
}
MALFORMED: dict[str, dict[str, Any]] = {
    "wrong direction": {"direction": "desk-to-portal"},
    "a pack's format": {"format": "portevoix/pack/1"},
    "unknown member": {"extra": 1},
    "a path as id": {"items": [{"id": "../" * 21 + "x", "sha256": "0" * 64, "size": 1}]},
    "an item twice": {"items": [{"id": "1" * 64, "sha256": "0" * 64, "size": 1}] * 2},
    "huge size": {"items": [{"id": "1" * 64, "sha256": "0" * 64, "size": 2**53 - 1}]},
    "counter zero": {"counter": 0},
    "taken is no id": {"taken": ["../x"]},
    "no such counter": {"confirmed": -1},
}


@pytest.mark.parametrize("lie", [*REFUSED, *MALFORMED])
def test_a_manifest_that_lies_is_refused_as_a_whole(
    desk: Desk, portal: PlayedPortal, importing: Import, lie: str
) -> None:
    before = contents(desk.casebook)
    portal.file(draft())
    path = portal.export(**(REFUSED | MALFORMED)[lie])
    with pytest.raises(Refused if lie in REFUSED else BundleError):
        importing(path)
    assert contents(desk.casebook) == before
    assert list(desk.folder.sealed_items.iterdir()) == []


def test_a_manifest_that_another_signed_is_refused(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    item = portal.file(draft())
    data = canonical.dumps(portal.manifest([item], counter=1))
    other = minisign.KeyPair.generate().secret_key
    for signature in (
        bytes(other.sign(data)),
        bytes(portal.keys.secret_key.sign(data, prehash=False)),
        b"",
        b"x\n" * 4,
    ):
        path = portal.folder / "forged.tar"
        path.write_bytes(portal.archived(data, signature, [item]))
        with pytest.raises(Refused, match="not signed"):
            importing(path)
    signature = bytes(portal.keys.secret_key.sign(data))
    path.write_bytes(portal.archived(data.replace(b'"counter":1', b'"counter":2'), signature, [item]))
    with pytest.raises(Refused, match="not signed"):
        importing(path)
    assert contents(desk.casebook)["portals"] == []


def test_a_members_name_or_size_that_lies_ends_the_import(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    items = sorted((portal.file(draft(f"{n}")) for n in range(3)), key=lambda item: item.id)
    whole = portal.export().read_bytes()
    header = archive.header(f"items/{items[1].id}.age", len(items[1].sealed))
    for other in (
        archive.header(f"items/{items[0].id}.age", len(items[1].sealed)),
        archive.header(f"items/{items[1].id}.age", len(items[1].sealed) + 1),
        archive.header(f"items/{items[1].id}.age", limits.SEALED_ITEM_BYTES),
        header.replace(b"items/", b"../../", 1),
        header.replace(b"items/", b"/etc//", 1),
        header[:156] + b"2" + header[157:],
    ):
        path = portal.folder / "lied.tar"
        path.write_bytes(whole.replace(header, other))
        outcome = importing(path)
        assert outcome.stopped is not None
        assert len(contents(desk.casebook)["messages"]) == 1
    assert importing(portal.folder / "bundle-1.tar").known == 1
    assert len(contents(desk.casebook)["messages"]) == 3


def test_what_the_portal_did_not_sign_is_not_acknowledged(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    """A byte went wrong on the way: kept apart, said, and put right by the next copy."""
    item = portal.file(draft("one"))
    path = portal.export()
    whole = path.read_bytes()
    damaged = portal.folder / "damaged.tar"
    damaged.write_bytes(whole.replace(item.sealed, flip(item.sealed)))
    outcome = importing(damaged)
    assert [reason for _, reason in outcome.quarantined] == [
        "It is not what the portal signed: copy the bundle again and import it once more."
    ]
    sha256 = hashlib.sha256(flip(item.sealed)).digest()
    assert desk.folder.quarantined(sha256).exists()
    assert contents(desk.casebook)["arrivals"] == []
    assert importing(path).cases == ["2026-0001"]
    assert contents(desk.casebook)["quarantine"] == []
    assert list(desk.folder.quarantine.iterdir()) == []


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def test_an_id_that_is_taken_is_never_replaced(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    """A captured portal holds the receipt's keys and signs other words under the id of a report that is here."""
    keys = reporter()
    honest = portal.file(draft("as it was"), keys)
    importing(portal.export())
    body = report_json(keys, draft("changed later"), id=honest.id)
    portal.put(sealed_item(portal.recipients, body, report.sign(body, keys)))
    ((_, reason),) = importing(portal.export()).quarantined
    assert "kept" in reason
    (message,) = cases.messages(desk.casebook, cases.find(desk.casebook, "2026-0001"))
    assert message.report.narrative == "as it was"
    assert desk.folder.sealed(message.sha256).read_bytes() == honest.sealed


def test_a_portal_cannot_reach_the_cases_of_another(
    desk: Desk, portal: PlayedPortal, importing: Import, channels: Any
) -> None:
    item = portal.file(draft("mine"))
    importing(portal.export())
    other = PlayedPortal(portal.recipients, portal.folder, counter=10)
    other.put(item)
    outcome = import_bundle(desk, other.export(), channels, Trust(other.keys.public_key, "other"))
    assert outcome.cases == ["2026-0002"]
    assert [row[1:3] for row in desk.casebook.all("SELECT id, portal, name FROM cases")] == [
        (1, "2026-0001"),
        (2, "2026-0002"),
    ]


def test_taken_and_confirmed_of_another_portal_change_nothing_here(
    desk: Desk, portal: PlayedPortal, importing: Import, channels: Any
) -> None:
    portal.file(draft("mine"))
    importing(portal.export())
    answer = reply(desk, cases.find(desk.casebook, "2026-0001"), "closed", "", ["police"], date(2026, 11, 26))
    other = PlayedPortal(portal.recipients, portal.folder, counter=10, taken=[answer.id], confirmed=99)
    import_bundle(desk, other.export(), channels, Trust(other.keys.public_key, "other"))
    assert [row[2:4] for row in contents(desk.casebook)["arrivals"]] == [
        (bytes.fromhex(next(iter(portal.waiting.values())).sha256), None)
    ]
    assert desk.casebook.one("SELECT sealed IS NULL FROM replies") == (0,)


def test_a_directory_or_device_is_no_bundle(desk: Desk, importing: Import) -> None:
    for path in (Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(BundleError):
            importing(path)


OURS = HybridIdentity.generate()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.integers(0, 3))
def test_whatever_is_in_an_item_only_a_reason_comes_out(channels: Any, content: bytes, depth: int) -> None:
    """Hostile bytes at each depth: as age file, as archive, as report.json, as signature."""
    keys = reporter()
    body = report_json(keys, draft())
    made = [
        lambda: content,
        lambda: b"".join(encrypt([OURS.recipient], [content])),
        lambda: sealed_raw(content, report.sign(content, keys)),
        lambda: sealed_raw(body, content[:64].ljust(64, b"\0")),
    ]
    with pytest.raises((ParcelError, ReportError)):
        check([made[depth]()], [OURS], "0" * 64, channels)


def sealed_raw(body: bytes, signature: bytes) -> bytes:
    return b"".join(encrypt([OURS.recipient], parcel.pack(body, signature, "")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["answers", "keep_from", "attachments", "received", "version", "narrative", "recipient"]), JSON)
def test_whatever_a_thread_signs_only_a_reason_comes_out(channels: Any, member: str, value: Any) -> None:
    keys = reporter()
    try:
        body = report_json(keys, draft(channel="travel"), **{member: value})
    except PortevoixError:
        return  # there is no JSON of it
    item = msgspec.json.decode(body)["id"]
    try:
        checked = check([sealed_raw(body, report.sign(body, keys))], [OURS], item, channels)
    except (ParcelError, ReportError):
        return
    assert checked.raw == body
