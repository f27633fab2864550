from collections.abc import Iterator
from datetime import date
from pathlib import Path

import minisign
import pytest

from portal import bundle, exchange
from portal.errors import BundleError, WentBack
from portal.exchange import month_after
from portal.store import sqlite_url
from tests.intake_world import VISITOR, World, message, sha


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(sqlite_url(tmp_path / "portal.db"), tmp_path)
    for number in range(2):
        made.intake.file(VISITOR, made.seals.issue_ticket("en"), message(f"Report {number}"))
    yield made
    made.store.close()


def export(world: World, desk: str = "police") -> tuple[bundle.Bundle, list[bytes]]:
    """The manifest and the age files of a bundle, read as a desk reads it."""
    _, pieces = exchange.export(world.store, world.state.signing_key, desk, world.clock().date())
    reader = bundle.Reader(pieces)
    reader.front.verified([world.state.public_key])
    manifest = reader.manifest(bundle.Bundle)
    return manifest, [b"".join(content) for _, content in reader.members(manifest)]


def pack(
    world: World, collected: list[bundle.Collected], key: minisign.KeyPair | None = None, **changes: object
) -> bytes:
    """A pack of the police without replies."""
    values = {
        "format": "portevoix/pack/1",
        "direction": "desk-to-portal",
        "site": bundle.site(world.state.public_key),
        "desk": "police",
        "counter": 1,
        "collected": collected,
        "replies": [],
    }
    manifest = bundle.Pack(**(values | changes))  # type: ignore[arg-type]
    return b"".join(bundle.write(manifest, (key or world.desks["police"].signing).secret_key, []))


def take(world: World, data: bytes) -> exchange.Taken:
    keys = {name: desk.signing.public_key for name, desk in world.desks.items()}
    return exchange.take(world.store, bundle.site(world.state.public_key), keys, world.clock().date(), [data])


def test_a_bundle_holds_what_waits_and_only_for_that_desk(world: World) -> None:
    manifest, files = export(world)
    assert [item.sha256 for item in manifest.items] == [sha(data) for data in files]
    assert (manifest.counter, manifest.confirmed, manifest.taken) == (1, 0, [])
    assert export(world, "ecpat")[0].items == []


def test_counters_grow_with_each_bundle(world: World) -> None:
    assert [export(world)[0].counter for _ in range(3)] == [1, 2, 3]


def test_items_leave_by_a_pack_and_a_repeat_changes_nothing(world: World) -> None:
    manifest, _ = export(world)
    data = pack(world, [bundle.Collected(item.id, item.sha256) for item in manifest.items])
    assert take(world, data).result.acknowledged == 2
    assert not take(world, data).result.applied
    after, _ = export(world)
    assert (after.items, after.confirmed) == ([], 1)
    assert world.store.collected() == {"police": world.clock().date()}


def test_a_wrong_hash_takes_nothing_away(world: World) -> None:
    manifest, _ = export(world)
    result = take(world, pack(world, [bundle.Collected(manifest.items[0].id, "00" * 32)])).result
    assert (result.acknowledged, result.mismatched) == (0, 1)
    assert len(export(world)[0].items) == 2


def test_packs_that_are_not_for_us_or_not_by_the_desk_are_refused_whole(world: World) -> None:
    manifest, _ = export(world)
    collected = [bundle.Collected(item.id, item.sha256) for item in manifest.items]
    stranger = minisign.KeyPair.generate()
    cases = [
        (pack(world, collected, site="00" * 16), "another portal"),
        (pack(world, collected, key=stranger), "not signed"),
        (pack(world, collected, key=world.desks["ecpat"].signing), "another desk"),
        (pack(world, collected, desk="nobody"), "another desk"),
        (pack(world, collected)[:-600], "cut short|does not end"),
        (pack(world, collected)[:700], "cut short"),
        (b"", "cut short"),
    ]
    for data, words in cases:
        with pytest.raises(BundleError, match=words):
            take(world, data)
    assert len(export(world)[0].items) == 2
    assert world.store.collected() == {}


def test_a_portal_that_forgot_a_pack_takes_none_until_the_desk_has_met_a_bundle(world: World) -> None:
    manifest, _ = export(world)
    collected = [bundle.Collected(item.id, item.sha256) for item in manifest.items]
    take(world, pack(world, [], counter=1))
    for _ in range(2):
        with pytest.raises(WentBack, match=r"pack 2 of police once .* export a bundle for the desk"):
            take(world, pack(world, collected, counter=4, confirmed=2, seen=9))
    after, _ = export(world)
    assert (after.counter, after.confirmed, len(after.items)) == (10, 1, 2)
    taken = take(world, pack(world, collected, counter=5, confirmed=1, seen=10)).result
    assert (taken.applied, taken.acknowledged) == (True, 2)
    # What was made before is old by now.
    assert not take(world, pack(world, collected, counter=4, confirmed=2, seen=9)).result.applied
    assert export(world)[0].counter == 11


@pytest.mark.parametrize(
    ("day", "months", "month"),
    [
        (date(2026, 11, 25), 0, "2026-11"),
        (date(2026, 11, 25), 1, "2026-12"),
        (date(2026, 11, 25), 2, "2027-01"),
        (date(2026, 1, 31), 12, "2027-01"),
    ],
)
def test_month_after(day: date, months: int, month: str) -> None:
    assert month_after(day, months) == month
