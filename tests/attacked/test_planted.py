"""The checker is no ornament: the portal is broken on purpose, each rule by itself, and what is broken is reported."""

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from portal.channels import form as channel_form
from portal.serving import parser
from tests.attacked.attack import CANARY, CODED, REPORT, Attack, attack, form, get, post
from tests.attacked.campaign import file_one
from tests.attacked.corpus import smuggling, values
from tests.attacked.world import World

PAGE = attack("a page", get(), 200)
GIVEN_BACK = attack("a form", post(REPORT, form(narrative=CODED, immediate_danger="x")), 400)
Headers = list[tuple[str, str]]
Change = Callable[[dict[str, Any], Headers, bytes], tuple[Headers, bytes]]


@pytest.fixture
def plant(attacked: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Change every answer of the application on its way out."""

    def change_with(change: Change) -> None:
        real = attacked.server.application

        def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            began: list[Any] = []
            answer = real(environ, lambda *begun: began.extend(begun))
            headers, body = change(environ, began[1], b"".join(answer))
            answer.close()
            start_response(began[0], headers)
            return [body]

        for listener in attacked.server._listeners:
            monkeypatch.setattr(listener, "application", application)

    return change_with


@pytest.fixture
def found(attacked: World) -> Callable[[Attack], str]:
    """What is reported, and before that, that nothing was."""
    visit = attacked.visit()
    for each in (PAGE, GIVEN_BACK):
        assert not attacked.try_(each, visit)
    return lambda each: "\n".join(attacked.try_(each, visit, bound=1.0))


def insert(body: bytes, word: str) -> bytes:
    """A word in the page, which keeps its size: it takes the place of blanks at the end."""
    content, filler = body.split(b"<!-- ")
    return content + word.encode() + b"<!-- " + filler[len(word) :]


ECHOES = {
    "raw": CANARY,
    "half escaped": "kanari&lt;&#34;'&amp;&gt;vogel",
    "an ampersand": "kanari&lt;&#34;&#39;&&gt;vogel",
    "cut": CANARY[:9],
}


@pytest.mark.parametrize("word", ECHOES.values(), ids=ECHOES)
def test_an_echo_that_is_not_escaped(
    plant: Callable[[Change], None], found: Callable[[Attack], str], word: str
) -> None:
    plant(lambda environ, headers, body: (headers, insert(body, word)))
    assert "a word of the request unescaped" in found(GIVEN_BACK)


def test_an_echo_where_nothing_is_given_back(plant: Callable[[Change], None], found: Callable[[Attack], str]) -> None:
    plant(lambda environ, headers, body: (headers, insert(body, "kanari&lt;&#34;&#39;&amp;&gt;vogel")))
    assert "gives nothing back" in found(PAGE)


def test_an_echo_that_becomes_markup(plant: Callable[[Change], None], found: Callable[[Attack], str]) -> None:
    plant(lambda environ, headers, body: (headers, insert(body, "<kanari vogel>")))
    assert "became markup" in found(GIVEN_BACK)


def add(name: str, value: str) -> Change:
    return lambda environ, headers, body: ([*headers, (name, value)], body)


def without(name: str) -> Change:
    return lambda environ, headers, body: ([pair for pair in headers if pair[0] != name], body)


def instead(name: str, value: str) -> Change:
    return lambda environ, headers, body: ([(n, value if n == name else v) for n, v in headers], body)


HEADERS: dict[str, tuple[Change, str]] = {
    "one more": (add("Server", "waitress"), "the header server, which is not ours"),
    "one that echoes": (
        lambda environ, headers, body: ([*headers, ("X", environ["QUERY_STRING"])], body),
        "a word of the request in the headers",
    ),
    "one fewer": (without("Content-Security-Policy"), "content-security-policy is missing"),
    "one twice": (add("X-Frame-Options", "DENY"), "x-frame-options is there twice"),
    "another policy": (instead("Content-Security-Policy", "default-src *"), "the header content-security-policy is"),
    "a clock": (instead("Date", "Wed, 25 Nov 2026 10:11:12 GMT"), "the header date is"),
    "a cookie that scripts read": (add("Set-Cookie", "c=" + "A" * 43 + "; Path=/"), "the header set-cookie is"),
    "a page that is kept": (instead("Cache-Control", "max-age=60"), "the header cache-control is"),
}


@pytest.mark.parametrize(("change", "said"), HEADERS.values(), ids=HEADERS)
def test_a_wrong_header(
    plant: Callable[[Change], None], found: Callable[[Attack], str], change: Change, said: str
) -> None:
    plant(change)
    assert said in found(PAGE)


@pytest.mark.parametrize("change", [lambda body: body + b" ", lambda body: body[:-1]], ids=["longer", "shorter"])
def test_a_page_of_another_size(
    plant: Callable[[Change], None], found: Callable[[Attack], str], change: Callable[[bytes], bytes]
) -> None:
    def resized(environ: dict[str, Any], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        body = change(body)
        return [*without("Content-Length")(environ, headers, body)[0], ("Content-Length", str(len(body)))], body

    plant(resized)
    assert "no documented size" in found(PAGE)


def test_a_failure(plant: Callable[[Change], None], found: Callable[[Attack], str]) -> None:
    def fail(environ: dict[str, Any], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        raise RuntimeError(CANARY)

    plant(fail)
    said = found(PAGE)
    assert "status 500" in said
    assert "logged: A request failed: RuntimeError" in said


def test_a_failure_within_the_pages(
    attacked: World, monkeypatch: pytest.MonkeyPatch, found: Callable[[Attack], str]
) -> None:
    """One that our own pages catch and explain."""
    monkeypatch.setitem(attacked.web.app.view_functions, "landing.show", lambda: 1 / 0)
    said = found(PAGE)
    assert "status 500" in said
    assert "logged: ZeroDivisionError" in said


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Waited for by what hangs; set at the end, so that the thread goes on."""
    event = threading.Event()
    yield event
    event.set()


def test_a_hang(plant: Callable[[Change], None], found: Callable[[Attack], str], never: threading.Event) -> None:
    def hang(environ: dict[str, Any], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        never.wait()
        return headers, body

    plant(hang)
    assert "no end of the connection within 1.0 s" in found(PAGE)


def test_words_of_another(attacked: World, plant: Callable[[Change], None]) -> None:
    visit = attacked.visit()
    plant(lambda environ, headers, body: (headers, insert(body, visit.other.words)))
    assert "another visitor's eight words" in "\n".join(attacked.try_(PAGE, visit))


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR], ids=logging.getLevelName)
@pytest.mark.parametrize("part", ["PATH_INFO", "QUERY_STRING"])
def test_a_line_in_the_log(
    plant: Callable[[Change], None], found: Callable[[Attack], str], part: str, level: int
) -> None:
    def tell(environ: dict[str, Any], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        logging.getLogger("portal.planted").log(level, "asked for %s", environ[part])
        return headers, body

    plant(tell)
    assert "logged: asked for" in found(PAGE)


def test_a_parser_that_reads_what_others_read_otherwise(attacked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """waitress' own rules without ours: some of the corpus is smuggled."""
    monkeypatch.setattr(parser, "_check", lambda head: False)
    visit = attacked.visit()
    said = [problem for each in smuggling.ATTACKS for problem in attacked.try_(each, visit)]
    assert [line for line in said if line.startswith("CL.TE with a request behind: the answers are")]


def test_a_number_that_is_a_digit_and_no_number(attacked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`isdigit` alone lets "²" through, of which `int` makes an error."""

    def number(value: str, *_: str) -> int | None:
        return int(value) if value.isdigit() else None

    visit = attacked.visit()
    monkeypatch.setattr(channel_form, "_number", number)
    said = "\n".join(problem for each in values.ATTACKS for problem in attacked.try_(each, visit))
    for name in ("superscript", "of 5,000 digits"):
        assert re.search(rf"^a number .*{name}: status 500$", said, re.MULTILINE)
    assert "logged: ValueError" in said


def test_reports_that_are_not_taken_any_more(attacked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not file_one(attacked)
    visit = attacked.visit()
    monkeypatch.setattr(attacked, "visit", lambda: visit)
    monkeypatch.setitem(attacked.web.room, False, False)
    said = "\n".join(file_one(attacked))
    assert "status 507" in said
    assert "0 were stored" in said


def test_a_report_that_is_stored_twice(attacked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([3, 5])
    monkeypatch.setattr(attacked, "reports", lambda: next(counts))
    assert "2 were stored" in "\n".join(file_one(attacked))
