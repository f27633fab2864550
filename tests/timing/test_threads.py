"""Every answer to eight words takes the same work, whatever there is of the thread."""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.planted.telling_intake import telling
from tests.timing.counting import counted
from tests.timing.threads import KINDS, Threads, words_form
from tests.web.browser import Browser
from tests.web.world import WebWorld


@pytest.fixture
def threads(other_world: WebWorld) -> Threads:
    return Threads(other_world, random.Random(31))


@pytest.fixture
def work(threads: Threads) -> Callable[[str], Counter[str]]:
    """What the answer to eight words costs."""
    browser = Browser(threads.world.app)
    form = words_form(browser)

    def ask(words: str) -> Counter[str]:
        with counted(threads.world) as counts:
            browser.submit(form, {"receipt": words})
        return counts

    # The first answer of a world opens its connection to the database.
    ask(threads.words("unknown"))
    return ask


def of_each_kind(make: Callable[[str], str], threads: Threads) -> dict[str, str]:
    words = {kind: make(kind) for kind in KINDS}
    threads.expire()
    return words


def test_unknown_expired_and_empty_threads_take_the_same_work(
    threads: Threads, work: Callable[[str], Counter[str]]
) -> None:
    words = of_each_kind(threads.words, threads)
    one, *others = (work(words[kind]) for kind in KINDS)
    assert others == [one, one]
    assert one["keys stretched"] == 1
    assert one["replies opened"] == 0
    assert sum("FROM reply" in statement for statement in one) == 1


def test_a_thread_with_an_answer_takes_more(threads: Threads, work: Callable[[str], Counter[str]]) -> None:
    """So that the counts are not the same because nothing is counted."""
    words = threads.words("empty")
    before = work(words)
    threads.answer(words)
    assert work(words) - before == Counter({"replies opened": 1})


def test_all_lists_take_the_same_work(threads: Threads, work: Callable[[str], Counter[str]]) -> None:
    one, *others = (work(threads.words("unknown", name)) for name in ("english", "french", "portuguese"))
    assert others == [one, one]


def test_words_of_two_lists_take_twice_the_work_whatever_there_is(
    threads: Threads, work: Callable[[str], Counter[str]]
) -> None:
    words = {kind: threads.in_two_lists(kind) for kind in ("unknown", "expired")}
    threads.expire()
    unknown, expired = work(words["unknown"]), work(words["expired"])
    assert unknown == expired
    assert unknown["keys stretched"] == 2


def test_words_that_fail_the_check_touch_nothing(threads: Threads, work: Callable[[str], Counter[str]]) -> None:
    words = of_each_kind(threads.wrong, threads)
    assert [work(words[kind]) for kind in KINDS] == [Counter()] * len(KINDS)


def test_a_portal_that_knows_its_threads_is_found(threads: Threads, work: Callable[[str], Counter[str]]) -> None:
    words = of_each_kind(threads.words, threads)
    with telling(threads.world.seals.salt, [words["empty"], words["expired"]]):
        unknown, expired, empty = (work(words[kind]) for kind in KINDS)
    assert unknown != empty
    assert expired == empty
