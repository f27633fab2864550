from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import archive, limits
from portal.channels import Channel
from portal.desk import cases
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.session import Desk
from portal.errors import BundleError, DeskError, Refused
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, contents, draft, report_json, reporter, seal


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_report_becomes_a_case(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    item = portal.file(draft("A hotel near the beach.", channel="travel"))
    outcome = importing(portal.export())
    assert (outcome.cases, outcome.urgent, outcome.messages) == (["2026-0001"], ["2026-0001"], [])
    assert (outcome.portal, outcome.counter, outcome.older, outcome.stopped) == ("portal", 1, False, None)
    (case,) = cases.listed(desk.casebook)
    assert (case.name, case.channel, case.status, case.received) == ("2026-0001", "travel", "received", "2026-11-25")
    assert case.urgent
    (message,) = cases.messages(desk.casebook, case)
    assert message.report.narrative == "A hotel near the beach."
    assert desk.folder.sealed(message.sha256).read_bytes() == item.sealed


def test_messages_of_one_thread_are_one_case(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    keys = reporter()
    portal.file(draft("one", channel="travel", answers={"country": "TH"}), keys, received="2026-11-20")
    portal.file(draft("two", channel="travel"), keys, received="2026-11-21")
    portal.file(draft("three", kind="message", channel="other"), keys, received="2026-11-21")
    portal.file(draft("somebody else", channel="travel", answers={}))
    outcome = importing(portal.export())
    assert (len(outcome.cases), len(outcome.messages), len(outcome.urgent)) == (2, 2, 1)
    case = cases.listed(desk.casebook)[0]
    assert (case.urgent, case.received) == (True, "2026-11-20")
    assert [message.report.narrative for message in cases.messages(desk.casebook, case)] == ["one", "two", "three"]


def test_a_follow_up_may_come_first(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    """A thread that another desk handed on; its report may still come, and then says what the case is about."""
    keys = reporter()
    portal.file(draft("more", kind="message", channel="other"), keys, received="2026-11-22")
    assert importing(portal.export()).cases == ["2026-0001"]
    assert cases.find(desk.casebook, "2026-0001").channel == "other"
    portal.file(draft("first", channel="website"), keys, received="2026-11-21")
    assert importing(portal.export()).messages == ["2026-0001"]
    case = cases.find(desk.casebook, "2026-0001")
    assert (case.channel, case.received) == ("website", "2026-11-21")
    assert [message.report.narrative for message in cases.messages(desk.casebook, case)] == ["first", "more"]


def test_cases_are_numbered_by_year_and_listed_urgent_first(
    desk: Desk, portal: PlayedPortal, importing: Import
) -> None:
    for day in ("2025-12-31", "2026-01-01", "2026-01-02"):
        portal.file(draft("old", answers={}), received=day)
        importing(portal.export())
    portal.file(draft("danger", channel="travel"), received="2026-02-01")
    importing(portal.export())
    assert [case.name for case in cases.listed(desk.casebook)] == ["2026-0003", "2025-0001", "2026-0001", "2026-0002"]


def test_the_same_bundle_twice_changes_nothing(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("one"))
    portal.file(draft("two", channel="travel", files=[b"picture"]), files=[b"picture"])
    path = portal.export()
    importing(path)
    before = (contents(desk.casebook), files(desk.folder.sealed_items))
    outcome = importing(path)
    assert (outcome.cases, outcome.messages, outcome.known) == ([], [], 2)
    assert (contents(desk.casebook), files(desk.folder.sealed_items)) == before


def test_a_report_that_is_sealed_anew_is_known(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    """The form was sent once more after its report had left the portal: same id, another age file, another day."""
    keys = reporter()
    first = portal.file(draft("one"), keys)
    importing(portal.export())
    again = portal.file(draft("one"), keys, received="2026-11-26")
    assert (again.id, again.sealed == first.sealed) == (first.id, False)
    outcome = importing(portal.export())
    assert (outcome.known, outcome.cases, outcome.quarantined) == (1, [], [])
    acknowledged = desk.casebook.all("SELECT sha256 FROM arrivals")
    assert acknowledged == [(bytes.fromhex(again.sha256),)]
    assert files(desk.folder.sealed_items) == {f"{first.sha256}.age"}


def test_an_older_bundle_adds_nothing_and_says_that_it_is_older(
    desk: Desk, portal: PlayedPortal, importing: Import
) -> None:
    portal.file(draft("one"))
    old = portal.export()
    portal.file(draft("two"))
    importing(portal.export())
    outcome = importing(old)
    assert (outcome.older, outcome.known, outcome.cases) == (True, 1, [])


def test_the_largest_text_report_comes_through(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("ü" * (limits.TYPED_BYTES // 2), answers={}))
    assert importing(portal.export()).cases == ["2026-0001"]


def test_memory_does_not_grow_with_an_item(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    import tracemalloc

    big = b"\x5a" * (24 * limits.MIB)
    portal.file(draft("big", channel="travel", files=[big]), files=[big])
    path = portal.export()
    portal.waiting.clear()
    tracemalloc.start()
    outcome = importing(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outcome.cases == ["2026-0001"]
    assert peak < 4 * limits.MIB


def test_the_key_of_the_first_import_stays(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
    portal.file(draft())
    path = portal.export()
    with pytest.raises(Refused, match="--portal-key"):
        import_bundle(desk, path, channels, Trust())
    assert import_bundle(desk, path, channels, Trust(portal.keys.public_key)).portal == "portal"
    assert import_bundle(desk, path, channels, Trust()).known == 1
    assert import_bundle(desk, path, channels, Trust(portal.keys.public_key, "portal")).known == 1
    with pytest.raises(Refused, match="another name"):
        import_bundle(desk, path, channels, Trust(portal.keys.public_key, "second"))


@pytest.mark.parametrize("name", [None, "portal"])
def test_another_key_later_is_refused(
    desk: Desk, portal: PlayedPortal, importing: Import, channels: dict[str, Channel], name: str | None
) -> None:
    importing(portal.export())
    other = PlayedPortal(portal.recipients, portal.folder, counter=10)
    other.file(draft())
    path = other.export()
    for trust in (Trust(), Trust(name=name)):
        with pytest.raises(Refused, match="not signed"):
            import_bundle(desk, path, channels, trust)
    with pytest.raises(Refused, match="pinned another key"):
        import_bundle(desk, path, channels, Trust(other.keys.public_key, name))
    assert cases.listed(desk.casebook) == []


def test_several_portals_have_names(
    desk: Desk, portal: PlayedPortal, importing: Import, channels: dict[str, Channel]
) -> None:
    keys = reporter()
    portal.file(draft("here"), keys)
    importing(portal.export())
    other = PlayedPortal(portal.recipients, portal.folder, counter=10)
    other.file(draft("there"), keys)
    path = other.export()
    with pytest.raises(DeskError, match="small letters"):
        import_bundle(desk, path, channels, Trust(other.keys.public_key, "../second"))
    outcome = import_bundle(desk, path, channels, Trust(other.keys.public_key, "second"))
    assert (outcome.portal, outcome.cases) == ("second", ["2026-0002"])
    assert import_bundle(desk, path, channels, Trust()).portal == "second"


def test_a_person_is_asked_only_where_no_portal_is_known(
    desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    asked = []

    def ask():  # type: ignore[no-untyped-def]
        asked.append(1)
        return portal.keys.public_key

    path = portal.export()
    for _ in range(2):
        import_bundle(desk, path, channels, Trust(ask=ask))
    assert asked == [1]


def test_an_unknown_channel_or_version_is_kept(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("new channel", channel="new-one", answers={"anything": {"goes": [1]}}))
    portal.file(draft("new version", channel="travel", version=999, answers={"strange": "yes"}))
    outcome = importing(portal.export())
    assert (len(outcome.cases), outcome.urgent, outcome.quarantined) == (2, [], [])


def test_a_bundle_cut_short_imports_what_is_whole(
    desk: Desk, portal: PlayedPortal, importing: Import, tmp_path: Path
) -> None:
    """Cut at many places: what came before is kept, the rest comes with the whole bundle."""
    items = [portal.file(draft(f"report {number}")) for number in range(2)]
    path = portal.export()
    whole = path.read_bytes()
    starts = sorted(whole.index(b"items/" + item.id.encode()) for item in items)
    ends = [start + archive.BLOCK + len(items[0].sealed) for start in starts]
    edges = {edge + by for edge in (*starts, *ends, len(whole) - archive.END_BYTES) for by in (-1, 0, 1, 511, 512, 513)}
    cut = tmp_path / "cut.tar"
    seen = 0
    for end in sorted({*range(0, len(whole), 37 * archive.BLOCK), *edges}):
        cut.write_bytes(whole[:end])
        try:
            outcome = importing(cut)
        except BundleError:
            assert end < starts[0]
            continue
        assert outcome.stopped is not None
        assert outcome.quarantined == []
        seen += len(outcome.cases)
        assert seen == sum(end >= needed for needed in ends), end
    assert importing(path).known == 2
    assert list(desk.folder.sealed_items.glob(".*")) == []


def test_a_missing_bundle_is_said(desk: Desk, portal: PlayedPortal, importing: Import, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        importing(tmp_path / "none.tar")


def test_a_stick_that_fails_halfway_keeps_what_was_read(
    desk: Desk, portal: PlayedPortal, importing: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        portal.file(draft(f"{number}"))
    path = portal.export()

    def failing(source: Path) -> Iterator[bytes]:
        whole = source.read_bytes()
        yield whole[:100_000] if source == path else whole
        if source == path:
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("portal.desk.importing.pieces", failing)
        outcome = importing(path)
    assert (outcome.cases, outcome.quarantined) == (["2026-0001"], [])
    assert "Input/output error" in str(outcome.stopped)
    assert (importing(path).known, len(cases.listed(desk.casebook))) == (1, 3)


def test_what_a_bundle_without_items_confirms(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    outcome = importing(portal.export())
    assert (outcome.cases, outcome.known, outcome.stopped) == ([], 0, None)


def test_helpers_make_what_the_portal_makes(portal: PlayedPortal) -> None:
    keys = reporter()
    item = seal(portal.recipients, keys, draft("one"))
    assert report_json(keys, draft("one")).count(item.id.encode()) == 1
