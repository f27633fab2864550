"""Every figure of a small set, reckoned by hand from what was filed and done, and what an outsider can reckon back.

Nothing here uses the facts or the cells of the code: the numbers are written down, and the outsider has only the
published tables and what docs/statistics.md says of them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.channels import Channel
from portal.desk import authorities, bulk, cases, looking, merging
from portal.desk.cases import Case
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.statistics.periods import Period
from portal.desk.statistics.tables import tables
from portal.report import Draft, Status
from tests.desk.played import TRAVEL, WEBSITE, PlayedPortal, draft, reporter
from tests.desk.two_desks import World

WHOLE = Period("2026-01", "2026-06")
START = datetime(2026, 1, 10, tzinfo=UTC)
CHILD: dict[str, Any] = {"immediate_danger": "no"}


class Small:
    """Nine reports of January, each called by its narrative."""

    def __init__(self, desk: Desk, portal: PlayedPortal, channels: dict[str, Channel], folder: Path) -> None:
        self._desk, self._folder = desk, folder
        for name, channel, answers, language in (
            ("a", "travel", {**TRAVEL, "country": "TH", "contact": "details"}, "fr"),
            ("b", "travel", {**TRAVEL, "country": "TH", "contact": "words"}, "fr"),
            ("c", "travel", {**TRAVEL, "country": "unknown", "contact": "none"}, "en"),
            ("d", "grooming", {**CHILD, "child_age_band": "13_15", "service_type": "game"}, "de"),
            ("e", "grooming", {**CHILD, "child_age_band": "13_15", "service_type": "messenger"}, "de"),
            ("f", "grooming", {**CHILD, "child_age_band": "unknown", "service_type": "game"}, "en"),
            ("g", "website", {**WEBSITE, "site_type": "forum"}, "pt"),
            ("h", "website", {**WEBSITE, "site_type": "onion_service", "contact": "details"}, "lb"),
            ("i", "website", {**WEBSITE, "site_type": "forum"}, "en"),
        ):
            said: Draft = replace_language(draft(name, channel=channel, answers=answers), language)
            portal.file(said, reporter(), received=START.date().isoformat())
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
        self.act()

    def act(self) -> None:
        """a: looked at after 1 day, to the police after 4. b: to another authority after 10, not looked at before.
        c: outside the remit after 3, and to the police after 6. d: outside the remit after 2, and closed after 20.
        e: asked after 5. f: referred to a prosecutor after 7. g: the same as i, which is open. h: untouched."""
        looking.look(self.on(1), self.case("a"))
        self.tell(4, "a", "forwarded-police")
        self.tell(10, "b", "forwarded-other")
        self.tell(3, "c", "outside-remit")
        self.tell(6, "c", "forwarded-police")
        self.tell(2, "d", "outside-remit")
        self.tell(20, "d", "closed")
        self.tell(5, "e", "question")
        at = self.on(7)
        looking.look(at, self.case("f"))
        prosecutor = authorities.add(at, "parquet", "Parquet", police=True)
        refer(at, self.case("f"), self._folder / "referral", Wish(prosecutor, formats=("json",)))
        refer(at, self.case("f"), self._folder / "again", Wish(prosecutor, formats=("json",)))
        merging.merge(self.on(8), self.case("g"), self.case("i"))
        self.tell(9, "i", "under-review")

    def on(self, days: int) -> Desk:
        return replace(self._desk, clock=lambda: START + timedelta(days=days))

    def case(self, name: str) -> Case:
        for case in cases.listed(self._desk.casebook, merged=True):
            if cases.messages(self._desk.casebook, case)[0].report.narrative == name:
                return case
        raise AssertionError(name)

    def tell(self, days: int, name: str, status: Status) -> None:
        at = self.on(days)
        reply(at, self.case(name), status, "", [at.name], at.today)


def replace_language(said: Draft, language: str) -> Draft:
    return Draft(
        said.kind, said.channel, said.version, language, said.answers, said.narrative, said.keep_from, said.attachments
    )


@pytest.fixture
def small(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel], tmp_path: Path) -> Small:
    return Small(desk, portal, channels, tmp_path)


BY_HAND: dict[str, dict[tuple[str, ...], int]] = {
    "reports": {(): 9},
    "channel": {("travel",): 3, ("grooming",): 3, ("website",): 3},
    "month": {("2026-01",): 9},
    "channel-month": {("2026-01", "travel"): 3, ("2026-01", "grooming"): 3, ("2026-01", "website"): 3},
    "language": {("fr",): 2, ("de",): 2, ("en",): 3, ("pt",): 1, ("lb",): 1},
    # a and h want to be contacted by name.
    "anonymous": {("no",): 2, ("yes",): 7},
    "status": {
        ("forwarded-police",): 2,
        ("forwarded-other",): 1,
        ("closed",): 1,
        ("question",): 1,
        ("under-review",): 1,
        ("received",): 3,
    },
    # a, b, c at last, f by its referral; d was outside and is closed since; e, g, h, i are open.
    "remit": {("inside",): 4, ("outside",): 1, ("undecided",): 4},
    "forwarded": {("police",): 3, ("other",): 1},
    "duplicates": {("yes",): 1, ("no",): 8},
    # Two folders for one authority are one report.
    "referred": {("parquet",): 1},
    "transferred": {},
    "travel-country": {("TH",): 2, ("unknown",): 1},
    "grooming-service": {("game",): 2, ("messenger",): 1},
    "grooming-age": {("13_15",): 2, ("unknown",): 1},
    "grooming-service-age": {("game", "13_15"): 1, ("messenger", "13_15"): 1, ("game", "unknown"): 1},
    "website-site": {("forum",): 2, ("onion_service",): 1},
}


def published(desk: Desk, period: Period = WHOLE, *, public: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The tables as other programs get them."""
    found = [table.as_json() for table in tables(desk.casebook, period, public)]
    return {table["name"]: table["rows"] for table in found}


def counts(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    found = {tuple(value for key, value in row.items() if key != "count"): row["count"] for row in rows}
    return {place: count for place, count in found.items() if count}


def test_every_table(small: Small, desk: Desk) -> None:
    found = published(desk)
    assert set(found) == set(BY_HAND) | {"days"}
    for name, expected in BY_HAND.items():
        assert counts(found[name]) == expected, name


def test_median_days(small: Small, desk: Desk) -> None:
    rows = {row["step"]: (row["median_days"], row["count"]) for row in published(desk)["days"]}
    # Looked at or answered first: a 1, b 10, c 3, d 2, e 5, f 7, i 9. Forwarded first: a 4, b 10, c 6, f 7.
    assert rows == {"first-review": (5.0, 7), "forwarding": (6.5, 4)}


def test_a_report_by_telephone_is_decided_by_its_status(small: Small, desk: Desk) -> None:
    desk.casebook.run("INSERT INTO sources VALUES (?, 'phone')", small.case("h").id)
    bulk.set_status(small.on(12), [small.case("h").name], bulk.Wish("outside-remit"))
    found = published(desk)
    assert counts(found["status"])["outside-remit",] == 1
    assert counts(found["remit"]) == {("inside",): 4, ("outside",): 2, ("undecided",): 3}


def test_a_case_that_was_handed_over_is_decided_where_it_was(world: World) -> None:
    world.take(world.hand_over()[1])
    everything = Period("2026-01", "2026-12")
    there, here = published(world.desk, everything), published(world.other, everything)
    assert counts(there["forwarded"]) == {("stopline",): 1}
    assert counts(there["transferred"]) == {("stopline",): 1}
    assert counts(here["reports"]) == {(): 2}
    assert counts(here["forwarded"]) == {}
    assert counts(here["remit"]) == {("undecided",): 2}
    assert counts(here["status"]) == {("received",): 2}


MOST = 1_000
"""More reports than any set of this file has: what somebody knows who knows nothing."""
ROUNDS = 100
Hidden = dict[tuple[str, ...], list[int]]


class Outsider:
    """Reads what was published, and narrows every hidden number down by the sums that docs/statistics.md names."""

    def __init__(self, shown: dict[str, list[dict[str, Any]]]) -> None:
        self.bounds: Hidden = {}
        for name, rows in shown.items():
            if name != "days":
                for row in rows:
                    place = (name, *(str(value) for key, value in row.items() if key != "count"))
                    count = row["count"]
                    self.bounds[place] = [0, MOST] if count is None else [count, count]
        self.hidden = [place for place, (low, high) in self.bounds.items() if low != high]
        self._step = next(name for name in ("month", "quarter", "year", "period") if name in shown)
        self._narrow()

    def known(self) -> list[tuple[str, ...]]:
        """The hidden numbers that the outsider has found out."""
        return [place for place in self.hidden if self.bounds[place][0] == self.bounds[place][1]]

    def small_sums(self) -> list[list[tuple[str, ...]]]:
        """Groups of hidden numbers that are known to be under 5 together, and more than nothing."""
        found = []
        for whole, parts in self._sums():
            missing = [part for part in parts if part in self.hidden]
            low, high = self.bounds[whole]
            rest = low - sum(self.bounds[part][0] for part in parts if part not in missing)
            if missing and low == high and 0 < rest < 5:
                found.append(missing)
        return found

    def _sums(self) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
        by_table: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for place in self.bounds:
            by_table[place[0]].append(place)
        for name in ("channel", self._step, "language", "anonymous", "status", "remit", "duplicates"):
            yield ("reports",), by_table[name]
        yield ("remit", "inside"), by_table["forwarded"]
        for channel, name in (("travel", "travel-country"), ("website", "website-site"), ("grooming", "grooming-age"),
                              ("grooming", "grooming-service")):  # fmt: skip
            yield ("channel", channel), by_table[name]
        for inner, first, second in ((f"channel-{self._step}", self._step, "channel"),
                                     ("grooming-service-age", "grooming-service", "grooming-age")):  # fmt: skip
            for at, table in ((1, first), (2, second)):
                for place in by_table[table]:
                    yield place, [part for part in by_table[inner] if part[at] == place[1]]

    def _narrow(self) -> None:
        sums = [(whole, parts) for whole, parts in self._sums() if parts and whole in self.bounds]
        for _ in range(ROUNDS):
            changes = [self._by_sum(whole, parts) for whole, parts in sums]
            if not any(changes):
                return
        raise AssertionError("the sums did not come to rest")

    def _by_sum(self, whole: tuple[str, ...], parts: list[tuple[str, ...]]) -> bool:
        low, high = sum(self.bounds[part][0] for part in parts), sum(self.bounds[part][1] for part in parts)
        changed = self._cut(whole, low, high)
        for part in parts:
            others_low = sum(self.bounds[other][0] for other in parts if other != part)
            others_high = sum(self.bounds[other][1] for other in parts if other != part)
            changed |= self._cut(part, self.bounds[whole][0] - others_high, self.bounds[whole][1] - others_low)
        return changed

    def _cut(self, place: tuple[str, ...], low: int, high: int) -> bool:
        before = list(self.bounds[place])
        self.bounds[place] = [max(before[0], low), min(before[1], high)]
        return self.bounds[place] != before


def file_many(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel], answers: list[tuple[str, Any]]) -> None:
    for number, (channel, said) in enumerate(answers):
        portal.file(draft(f"{number}", channel=channel, answers=said), received="2026-02-01")
    import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))


def test_a_total_does_not_give_a_hidden_number_back(
    desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]
) -> None:
    """Eight from Thailand and one from Portugal are nine in all: the one must not follow from the eight."""
    answers: list[tuple[str, Any]] = [("travel", {**TRAVEL, "country": "TH"})] * 8
    answers += [("travel", {**TRAVEL, "country": "PT"})]
    answers += [("website", {**WEBSITE, "site_type": site}) for site in ("forum",) * 7 + ("website",) * 6]
    file_many(desk, portal, channels, answers)
    shown = published(desk, public=True)
    countries = {row["country"]: row["count"] for row in shown["travel-country"]}
    assert countries["PT"] is None
    assert countries["TH"] is None or counts(shown["channel"]).get(("travel",)) is None
    outsider = Outsider(shown)
    assert outsider.known() == []
    assert outsider.small_sums() == []
    assert counts(shown["reports"]) == {(): 22}
    # With the zeros of the other kinds alone, the six would follow from the thirteen: the smaller of the two goes too.
    assert counts(shown["website-site"]) == {("forum",): 7}


def test_the_outsider_finds_what_is_not_hidden_well() -> None:
    """The check itself: where only the small number is hidden, the outsider has it at once."""
    shown: dict[str, list[dict[str, Any]]] = {
        "reports": [{"count": 9}],
        "month": [{"month": "2026-01", "count": 9}],
        "anonymous": [{"anonymous": "yes", "count": 8}, {"anonymous": "no", "count": None}],
    }
    assert Outsider(shown).known() == [("anonymous", "no")]
    assert Outsider(shown).bounds["anonymous", "no"] == [1, 1]


def test_what_is_published_of_the_small_set_tells_nothing_small(small: Small, desk: Desk) -> None:
    shown = published(desk, public=True)
    assert all(row["count"] is None or row["count"] >= 5 for rows in shown.values() for row in rows)
    outsider = Outsider(shown)
    assert outsider.known() == []
    assert outsider.small_sums() == []
