"""Attacks one after the other, or all at once, and a report by somebody who has nothing to do with them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.attacked.attack import REPORT, Attack, attack, form, post
from tests.attacked.world import Target

_REPORT = attack("a report by somebody else", post(REPORT, form(narrative="afterwards")), 200)


def file_one(target: Target) -> list[str]:
    """What is wrong with a report that is filed now, as by anybody."""
    visit, before = target.visit(), target.reports()
    found = target.try_(_REPORT, visit)
    stored = target.reports() - before
    return found if stored == 1 else [*found, f"{_REPORT.name}: {stored} were stored"]


def one_by_one(target: Target, attacks: Sequence[Attack]) -> list[str]:
    """What is wrong with what came of each of them, by the same visitor."""
    visit = target.visit()
    return [problem for each in attacks for problem in target.try_(each, visit)]


def at_once(target: Target, attacks: Sequence[Attack], bound: float) -> list[str]:
    """What is wrong with what came of them, and with a report that is filed meanwhile."""
    visit = target.visit()
    with ThreadPoolExecutor(len(attacks)) as pool:
        under_way = [pool.submit(target.try_, each, visit, bound) for each in attacks]
        meanwhile = file_one(target)
        return [problem for future in under_way for problem in future.result()] + meanwhile
