"""What the public sees of all tables together gives no small number back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import pytest

from portal.channels import Channel
from portal.desk.statistics.counting import TOTAL, Count, count
from portal.desk.statistics.facts import FORWARDED, Decision, Fact
from portal.desk.statistics.periods import STEPS, Period
from portal.desk.statistics.suppression import THRESHOLD, Block, derivable
from portal.desk.statistics.tables import _tables, finest
from tests.desk.statistics.conftest import fact
from tests.desk.statistics.test_recomputed import Outsider

PERIOD = Period("2025-11", "2026-11")


def invented(seed: int, number: int) -> Counter[Fact]:
    """Facts as a desk has them: a few kinds often, most of them seldom."""
    random = Random(seed)

    def often(*values: str) -> str:
        return values[int(len(values) * random.random() ** 2)]

    facts: Counter[Fact] = Counter()
    for _ in range(number):
        channel = often("website", "grooming", "travel", "other", "self")
        decision: Decision = random.choice(("none", "outside", *FORWARDED))
        told = {"none": "under-review", "outside": "outside-remit", **{to: f"forwarded-{to}" for to in FORWARDED}}
        status = random.choice((told[decision], "closed")) if decision != "none" else often("received", told["none"])
        facts[
            fact(
                month=random.choice(PERIOD.months()),
                channel=channel,
                language=often("fr", "de", "en", "pt"),
                named=random.random() < 0.1,
                status=status,
                decision=decision,
                duplicate=random.random() < 0.1,
                referred=("parquet",) if decision == "police" and random.random() < 0.5 else (),
                review_days=None if status == "received" else random.randrange(9),
                forward_days=random.randrange(30) if decision in FORWARDED else None,
                country=often("TH", "PT", "ES", "MA") if channel == "travel" else "",
                service=often("game", "messenger", "sms") if channel == "grooming" else "",
                age=often("13_15", "6_12", "16_17") if channel == "grooming" else "",
                site=often("forum", "website", "onion_service") if channel == "website" else "",
            )
        ] += 1
    return facts


def cells_shown(counted: Count, hidden: set[object]) -> dict[object, int]:
    cells = {cell for block in counted._blocks() for cell in block.cells()}
    return {cell: counted.values[cell] for cell in cells if cell not in hidden}


@pytest.mark.parametrize("number", [5, 9, 30, 120, 400])
@pytest.mark.parametrize("step", STEPS)
def test_no_block_gives_a_hidden_cell_back(number: int, step: str, channels: Mapping[str, Channel]) -> None:
    for seed in range(4):
        counted = count(invented(seed, number), channels, PERIOD, step)  # type: ignore[arg-type]
        hidden = counted.hidden()
        assert all(value >= THRESHOLD for value in cells_shown(counted, hidden).values())
        for block in counted._blocks():
            if not block.known & hidden:
                assert derivable(block, counted.values, hidden) == []


def test_every_sum_of_hidden_cells_is_itself_large_enough(channels: Mapping[str, Channel]) -> None:
    for seed in range(12):
        counted = count(invented(seed, 80), channels, PERIOD, "quarter")
        hidden = counted.hidden()
        for block in counted._blocks():
            for each in block.sums:
                missing = [part for part in each.parts if part in hidden]
                if each.whole not in hidden and missing and not block.unseen & set(each.parts):
                    assert len(missing) > 1
                    assert sum(counted.values[part] for part in missing) >= THRESHOLD


def test_too_few_reports_show_nothing(channels: Mapping[str, Channel]) -> None:
    counted = count(invented(1, THRESHOLD - 1), channels, PERIOD)
    hidden = counted.hidden()
    assert TOTAL in hidden
    assert cells_shown(counted, hidden) == {}


def test_a_status_cannot_be_had_from_the_decisions(channels: Mapping[str, Channel]) -> None:
    """Six were told that they are outside the remit: the remit may not tell how many of those are closed since."""
    said: Sequence[tuple[Fact, int]] = [
        (fact(status="outside-remit", decision="outside"), 6),
        (fact(status="closed", decision="outside"), 1),
        (fact(status="received"), 20),
    ]
    counted = count(dict(said), channels, PERIOD)
    hidden = counted.hidden()
    assert ("status", "closed") in hidden
    # 6 told so, 7 outside: shown together they would say that one is closed.
    assert not {("status", "outside-remit"), ("remit", "outside")}.isdisjoint(hidden)


def test_referrals_are_told_only_beside_the_numbers_that_they_belong_to(channels: Mapping[str, Channel]) -> None:
    police = {"status": "forwarded-police", "decision": "police", "forward_days": 3}
    many = {fact(**police, referred=("parquet",)): 8, fact(**police): 4}
    rest = {fact(status="received"): 9, fact(status="outside-remit", decision="outside"): 7}
    assert ("referred", "parquet") in count(many | rest, channels, PERIOD).hidden()
    others = {fact(status=f"forwarded-{to}", decision=to, forward_days=1): 6 for to in ("stopline", "other")}
    assert ("referred", "parquet") not in count(many | rest | others, channels, PERIOD).hidden()


@pytest.mark.parametrize("seed", range(20))
def test_a_hidden_whole_stays_open_beside_parts_that_are_shown(seed: int, channels: Mapping[str, Channel]) -> None:
    """A desk of one form: how many websites there were is hidden, since nothing else came; the kinds are shown."""
    random = Random(seed)
    facts = Counter(
        fact(site=random.choice(("forum", "website", "image_host", "onion_service"))) for _ in range(40 + seed)
    )
    counted = count(facts, channels, PERIOD)
    hidden = counted.hidden()
    whole = ("channel", "website")
    assert whole in hidden
    (block,) = [block for block in counted._blocks() if block.known == {whole}]
    parts = [cell for cell in block.cells() if cell not in hidden]
    assert len(parts) >= 2
    left = [counted.values[cell] for cell in block.cells() if cell in hidden]
    assert (len(left) > 1, sum(left) >= THRESHOLD) == (True, True)
    assert derivable(Block(block.sums), counted.values, hidden) == []


def test_a_desk_of_one_form_shows_its_months(channels: Mapping[str, Channel]) -> None:
    months = {month: 10 + place for place, month in enumerate(PERIOD.months())}
    counted, hidden = finest({fact(month=month): number for month, number in months.items()}, channels, PERIOD)
    assert counted.step == "month"
    assert {cell for cell in counted.grid("month", "month") if cell in hidden} == set()
    assert set(counted.grid("channel-month", "month", "channel")) <= hidden


@pytest.mark.parametrize("most", ["website", "travel", "grooming"])
def test_what_a_desk_of_one_form_publishes_tells_nothing_small(most: str, channels: Mapping[str, Channel]) -> None:
    """Nearly all reports come from one form, as at Stopline: its kinds are shown all the same."""
    table = {"website": "website-site", "travel": "travel-country", "grooming": "grooming-age"}[most]
    seen = 0
    for seed in range(8):
        random, every = Random(seed), invented(seed, 300 + 40 * seed).elements()
        facts = Counter(one for one in every if one.channel == most or random.random() < 0.03)
        shown = {each.name: each.as_json()["rows"] for each in _tables(*finest(facts, channels, PERIOD))}
        outsider = Outsider(shown)
        assert outsider.known() == []
        assert outsider.small_sums() == []
        seen += any(row["count"] for row in shown[table])
    assert seen, "there is something to see"
