"""The judgement on times: it finds a shift that is small beside the noise, and none where there is none."""

import random

import pytest

from tests.timing.compared import Comparison, compare, measure

ROUNDS = 1_500
BOUND = 0.1


def noisy(chance: random.Random, shift: float = 0.0) -> list[float]:
    """Times of a loaded machine: 5 ms, with a long tail and now and then a stop of 50 ms."""
    return [
        0.005 + shift + chance.expovariate(1_000) + (0.05 if chance.random() < 0.02 else 0.0) for _ in range(ROUNDS)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_alike(seed: int) -> None:
    chance = random.Random(seed)
    found = compare(noisy(chance), noisy(chance))
    assert found.are_alike(BOUND)
    assert abs(found.shift) < 0.0002
    assert 0.001 < found.chance <= 1


@pytest.mark.parametrize("shift", [0.0005, -0.0005, 0.01])
def test_a_shift_is_found(shift: float) -> None:
    chance = random.Random(1)
    found = compare(noisy(chance, shift), noisy(chance))
    assert not found.are_alike(BOUND)
    assert found.chance < 1e-6
    assert (found.slower > 0.5) == (shift > 0)


def test_few_rounds_show_nothing() -> None:
    assert not Comparison(rounds=100, slower=0.5, shift=0.0).are_alike(BOUND)


def test_times_without_a_difference_count_half() -> None:
    assert compare([1.0] * 4, [1.0] * 4).slower == 0.5


def test_every_kind_is_asked_once_a_round_and_not_always_in_one_order() -> None:
    asked: list[str] = []
    kinds = {name: lambda name=name: asked.append(name) for name in ("a", "b")}  # type: ignore[misc]
    times = measure(kinds, 50, random.Random(2))
    assert [len(each) for each in times.values()] == [50, 50]
    rounds = {tuple(asked[at : at + 2]) for at in range(0, 100, 2)}
    assert rounds == {("a", "b"), ("b", "a")}
