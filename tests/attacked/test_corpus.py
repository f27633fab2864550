"""The whole corpus against the whole portal; after each group a report is still accepted, and stored once."""

import pytest

from tests.attacked.campaign import at_once, file_one, one_by_one
from tests.attacked.corpus import GROUPS, SLOW
from tests.attacked.world import World

_SLOW_BOUND_SECONDS = 5.0


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_is_as_it_must_be(attacked: World, group: str) -> None:
    found = [*one_by_one(attacked, GROUPS[group]), *file_one(attacked)]
    assert not found, "\n".join(found)


def test_slow_clients_are_let_go_and_others_served_meanwhile(attacked: World) -> None:
    found = at_once(attacked, SLOW, _SLOW_BOUND_SECONDS)
    assert not found, "\n".join(found)


def test_names_are_unique() -> None:
    """A result names its attack."""
    for group, attacks in GROUPS.items():
        names = [each.name for each in attacks]
        assert len(set(names)) == len(names), group
