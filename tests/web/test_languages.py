"""The catalogues: complete, in step with the pages, and in the right tone."""

import re
from importlib import resources

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from portal.settings import LANGUAGES
from portal.web.languages import SOURCE, load
from tests.web.browser import Browser, Page
from tests.web.messages import in_use
from tests.web.test_report import canary, empty

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
FORMAL = {"fr": r"\b([Vv]ous|[Vv]otre|[Vv]os|\w+ez)\b", "de": r"\b(Sie|Ihnen|Ihr|Ihre[nmrs]?)\b"}


def catalogue(language: str, name: str = "messages") -> Catalog:
    path = resources.files("portal").joinpath("translations", language, "LC_MESSAGES", f"{name}.po")
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    messages = {message.id: message for message in catalogue(language) if message.id}
    used = in_use()
    assert [f"{used[message]}: {message}" for message in used if message not in messages] == []
    assert [message for message in messages if message not in used] == []
    assert not [message for message in messages.values() if message.fuzzy]


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", ["messages", "informal"])
def test_translations_are_there_with_the_same_parts(language: str, name: str) -> None:
    for message in catalogue(language, name):
        if message.id:
            sources, texts = _texts(message.id), _texts(message.string)
            assert len(sources) == len(texts)
            for source, text in zip(sources, texts, strict=True):
                assert text.strip() == text != ""
                assert _parts(source) == _parts(text)
                assert (source[-1] in ".:?") == (text[-1] in ".:?"), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_a_child_is_told_differently_is_among_the_messages(language: str) -> None:
    formal = {message.id: message.string for message in catalogue(language) if message.id}
    informal = {message.id: message.string for message in catalogue(language, "informal") if message.id}
    assert informal
    assert [message for message in informal if formal.get(message) in (None, informal[message])] == []


def _texts(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def _parts(text: str) -> list[str]:
    """The places in a text that are filled in; the word for one may be missing in a singular."""
    return sorted(set(re.findall(r"%\(\w+\)[sd]", text)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals(language: str) -> None:
    texts = {load(language).ungettext("One answer", "%(num)d answers", number) for number in (1, 2, 5)}
    assert len(texts) == 2


def test_french_blanks_do_not_break() -> None:
    texts = [
        text for name in ("messages", "informal") for m in catalogue("fr", name) if m.id for text in _texts(m.string)
    ]
    assert [text for text in texts if re.search(r" [:;?!»]|« ", text)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_pages_for_children_say_tu_and_du(browser: Browser, language: str) -> None:
    form = empty(browser, "self", language)
    sent = browser.submit(form, {"narrative": canary()})
    pages = [
        browser.get(f"/{language}/report/self"),
        browser.submit(form),
        browser.submit(form, {"keep_from": ["police", "ecpat"], "narrative": "x" * 25_000, "safe_now": "x"}),
        browser.submit(form, {"csrf_token": ""}),
        sent,
        browser.submit(sent.form("report/self", "word"), {"word": "x"}),
        browser.submit(sent.form("report/self", "word"), {"word": sent.text("receipt").split()[0]}),
        browser.submit(sent.form("report/self", "not_safe")),
        browser.submit(sent.form("report/self", "not_safe")),
    ]
    for page in pages:
        assert re.findall(FORMAL[language], _main_text(page)) == []
    formal = _main_text(browser.get(f"/{language}/report/travel"))
    assert re.search(FORMAL[language], formal)


def _main_text(page: Page) -> str:
    """What the page says, without the help lines, whose names an operator writes."""
    (main,) = page.find("main")
    text = main.text
    for section in page.find("section"):
        text = text.replace(section.text, "")
    return text
