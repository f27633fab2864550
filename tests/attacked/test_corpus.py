"""The whole corpus against the whole portal; after each group a report is still accepted, and stored once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.attacked.attack import REPORT, attack, form, post
from tests.attacked.corpus import GROUPS, SLOW
from tests.attacked.world import World

_REPORT = attack("a report afterwards", post(REPORT, form(narrative="afterwards")), 200)
_SLOW_BOUND_SECONDS = 5.0


def file_one(world: World) -> list[str]:
    """What is wrong with a report that is filed now, as by anybody."""
    visit, before = world.visit(), world.reports()
    found = world.try_(_REPORT, visit)
    stored = world.reports() - before
    return found if stored == 1 else [*found, f"a report afterwards: {stored} were stored"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_is_as_it_must_be(attacked: World, group: str) -> None:
    visit = attacked.visit()
    found = [problem for each in GROUPS[group] for problem in attacked.try_(each, visit)]
    assert not found + file_one(attacked), "\n".join(found)


def test_slow_clients_are_let_go_and_others_served_meanwhile(attacked: World) -> None:
    visit = attacked.visit()
    with ThreadPoolExecutor(len(SLOW)) as pool:
        under_way = [pool.submit(attacked.try_, each, visit, _SLOW_BOUND_SECONDS) for each in SLOW]
        meanwhile = file_one(attacked)
        found = [problem for future in under_way for problem in future.result()]
    assert not found + meanwhile, "\n".join(found)


def test_names_are_unique() -> None:
    """A result names its attack."""
    for group, attacks in GROUPS.items():
        names = [each.name for each in attacks]
        assert len(set(names)) == len(names), group
