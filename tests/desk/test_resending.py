"""A portal is put back from its backup: what it took after that goes out again, and nothing else does."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from portal import parcel, report
from portal.age import decrypt
from portal.bundle import Pack
from portal.desk import cases, custody, portals
from portal.desk.packing import make_pack
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.receipt import ThreadKeys
from portal.report import Reply
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft, reporter

LEAP = 2**20
"""As docs/format.md says of a portal that was put back."""


@pytest.fixture
def keys(portal: PlayedPortal, importing: Import) -> ThreadKeys:
    """The reporter of 2026-0001."""
    keys = reporter()
    portal.file(draft("one"), keys)
    importing(portal.export())
    return keys


Carry = Callable[[], tuple[Pack, dict[str, bytes]]]


@pytest.fixture
def carry(desk: Desk, portal: PlayedPortal, tmp_path: Path) -> Carry:
    """Packs, and lets the portal take it: the manifest, and what reaches reporters."""

    def pack() -> tuple[Pack, dict[str, bytes]]:
        known = portals.find(desk.casebook, None)
        out = tmp_path / f"pack-{known.pack + 1}"
        make_pack(desk, known, out)
        return portal.take(out, desk.keyring.verify_key)

    return pack


def answer(desk: Desk, text: str, day: date | None = None) -> Reply:
    case = cases.find(desk.casebook, "2026-0001")
    return reply(desk, case, "under-review", text, [desk.name], day or desk.today)


def test_the_whole_round(desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, carry: Carry) -> None:
    kept = answer(desk, "before the backup")
    carry()
    backup = (list(portal.taken), portal.confirmed, portal.counter)
    importing(portal.export())
    lost = answer(desk, "after the backup")
    carry()
    old = portal.export()
    importing(old)
    assert carry()[1] == {}

    portal.taken, portal.confirmed, counter = backup
    portal.counter = counter + LEAP
    outcome = importing(portal.export())
    assert outcome.resent == 1
    manifest, replies = carry()
    assert list(replies) == [lost.id]
    assert kept.id not in replies
    assert [entry.locator for entry in manifest.replies] == [keys.locator.hex()]
    read = report.read_reply(parcel.unpack_reply(decrypt([keys.identity], [replies[lost.id]])))
    assert read == lost

    again = importing(portal.export())
    assert again.resent == 0
    assert importing(old).resent == 0
    assert carry()[1] == {}
    entries = [record for record in custody.records(desk.casebook) if record.entry.act == "resent"]
    assert [entry.details for entry in entries] == [{"portal": "portal", "answers": 1, "confirmed": 1, "before": 2}]


def test_old_bundles_send_nothing_again(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, carry: Carry
) -> None:
    """Also where the newer one was broken off, so that it does not count as imported."""
    skipped = portal.export()
    answer(desk, "one")
    carry()
    portal.file(draft("two"))
    newer = portal.export()
    whole = newer.read_bytes()
    newer.write_bytes(whole[: len(whole) // 2])
    assert importing(newer).stopped
    assert importing(skipped).resent == 0
    newer.write_bytes(whole)
    assert importing(newer).resent == 0
    assert carry()[1] == {}


def test_what_expired_at_the_portal_stays_away(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, carry: Carry
) -> None:
    answer(desk, "long ago", date(desk.today.year - 2, 1, 1))
    recent = answer(desk, "recent")
    carry()
    importing(portal.export())
    portal.taken, portal.confirmed, portal.counter = [], 0, portal.counter + LEAP
    assert importing(portal.export()).resent == 1
    assert list(carry()[1]) == [recent.id]


def test_what_waits_again_is_acknowledged_again(
    desk: Desk, portal: PlayedPortal, keys: ThreadKeys, importing: Import, carry: Carry
) -> None:
    waiting = dict(portal.waiting)
    answer(desk, "one")
    carry()
    importing(portal.export())
    portal.waiting = waiting
    portal.taken, portal.confirmed, portal.counter = [], 0, portal.counter + LEAP
    outcome = importing(portal.export())
    assert (outcome.known, outcome.resent) == (1, 1)
    manifest, replies = carry()
    assert (len(manifest.collected), len(replies)) == (1, 1)
    assert portal.waiting == {}
