"""What is so on every page, errors included: size, headers, sound HTML."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from portal.settings import LANGUAGES
from tests.web.browser import Browser, Page
from tests.web.world import CHANNELS, WebWorld

Open = Callable[[Browser, str], Page]
FORMS: dict[str, Open] = {
    f"form {key}": lambda browser, language, key=key: browser.get(f"/{language}/report/{key}")  # type: ignore[misc]
    for key in CHANNELS
}
PAGES: dict[str, Open] = {
    "landing": lambda browser, language: browser.get(f"/{language}/"),
    "words": lambda browser, language: browser.get(f"/{language}/mailbox"),
    "safety": lambda browser, language: browser.get(f"/{language}/help/safety"),
    "about": lambda browser, language: browser.get(f"/{language}/help/about"),
    "accessibility": lambda browser, language: browser.get(f"/{language}/help/accessibility"),
    "keys": lambda browser, language: browser.get(f"/{language}/help/keys"),
    "400": lambda browser, language: browser.get(f"/{language}/", Host="elsewhere.example"),
    "403": lambda browser, language: browser.get(f"/{language}/", **{"X-Tor2web": "1"}),
    "404": lambda browser, language: browser.get(f"/{language}/nothing"),
    "405": lambda browser, language: browser.post(f"/{language}/help/keys", {}),
    "OPTIONS": lambda browser, language: browser.request("OPTIONS", f"/{language}/"),
    "receipt": lambda browser, language: file(browser, language),
    "receipt, wrong word": lambda browser, language: browser.submit(
        file(browser, language).form("report/self", "word"), {"word": "nonsense"}
    ),
    "confirmed": lambda browser, language: browser.submit(file(browser, language).form("report/self", "not_safe")),
    "receipt cannot be shown": lambda browser, language: browser.post(f"/{language}/report/self", {"filed": "x"}),
    "mailbox": lambda browser, language: enter(browser, language),
}
KEPT: dict[str, Open] = {
    "nothing answered": lambda browser, language: browser.submit(
        browser.get(f"/{language}/report/travel").form("report/travel")
    ),
    "no token": lambda browser, language: browser.post(f"/{language}/report/self", {"narrative": "Text"}),
    "typo": lambda browser, language: browser.submit(
        browser.get(f"/{language}/mailbox").form("mailbox"), {"receipt": "house " * 8}
    ),
    "empty message": lambda browser, language: browser.submit(enter(browser, language).form("mailbox/message")),
    "mailbox expired": lambda browser, language: browser.post(f"/{language}/mailbox/message", {"message": "Text"}),
}
HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Type": "text/html; charset=utf-8",
    "Date": "Wed, 25 Nov 2026 00:00:00 GMT",
}


def file(browser: Browser, language: str) -> Page:
    form = browser.get(f"/{language}/report/self").form("report/self")
    return browser.submit(form, {"narrative": "Something happened."})


def enter(browser: Browser, language: str) -> Page:
    words = file(browser, language).text("receipt")
    return browser.submit(browser.get(f"/{language}/mailbox").form("mailbox"), {"receipt": words})


def check_html(page: Page) -> None:
    """Sound enough for every browser and screen reader."""
    assert not page.problems
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    labelled = {label.attributes["for"] for label in page.find("label") if "for" in label.attributes}
    for element in page.elements:
        attributes = element.attributes
        if element.tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            inside = any(outer.tag == "label" for outer in element.within)
            assert inside or attributes.get("id") in labelled, f"{attributes} has no label"
        if element.tag == "fieldset":
            assert any(legend for legend in page.find("legend") if element in legend.within)
        for name in ("aria-describedby", "aria-labelledby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids), f"{name} of {attributes} points nowhere"
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert not re.match("(https?:)?//", attributes.get("href", "") + attributes.get("src", ""))
    assert "<script" not in page.html
    assert "http:" not in page.html
    assert "https:" not in page.html
    headings = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    assert headings.count(1) == 1
    assert all(following - heading <= 1 for heading, following in pairwise(headings))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "page_bytes"), [(n, 65_536) for n in (PAGES | FORMS)] + [(n, 131_072) for n in KEPT])
def test_size_headers_and_html(browser: Browser, name: str, language: str, page_bytes: int) -> None:
    page = (PAGES | FORMS | KEPT)[name](browser, language)
    assert page.wire_bytes == page_bytes
    assert page.headers["Content-Length"] == str(len(page.body))
    assert HEADERS.items() <= dict(page.headers).items()
    assert "geolocation=()" in page.headers["Permissions-Policy"]
    assert page.headers["Cache-Control"] == ("private, no-cache" if name in FORMS else "no-store")
    assert "Server" not in page.headers
    assert "Location" not in page.headers
    (style,) = page.find("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert page.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert next(page.find("html")).attributes == {"lang": language}
    for target in ("leave", "help/accessibility"):
        assert list(page.find("a", href=f"/{language}/{target}"))
    for other in LANGUAGES:
        assert list(page.find("a", hreflang=other))
    check_html(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_out_looks_like_an_empty_tab(browser: Browser, language: str) -> None:
    page = browser.get(f"/{language}/leave")
    assert page.status == 200
    assert page.wire_bytes == 65_536
    (title,) = page.find("title")
    assert title.text == {"en": "New Tab", "fr": "Nouvel onglet", "de": "Neuer Tab"}[language]
    assert next(page.find("body")).text.strip() == ""
    assert not list(page.find("a"))


@pytest.mark.parametrize("key", CHANNELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_has_room_to_spare(browser: Browser, key: str, language: str) -> None:
    page = browser.get(f"/{language}/report/{key}")
    assert len(page.content.encode()) < 56 * 1024


def test_the_style_sheet_is_small(browser: Browser) -> None:
    (style,) = browser.get("/en/").find("style")
    assert len(style.text.encode()) <= 6 * 1024


def test_what_does_not_fit_is_kept_and_the_size_doubles(browser: Browser) -> None:
    form = browser.get("/en/report/self").form("report/self")
    for typed, size in ((30_000, 131_072), (130_000, 262_144), (300_000, 524_288)):
        page = browser.submit(form, {"narrative": "x" * typed})
        assert page.wire_bytes == size
        assert "x" * typed in page.html


@pytest.mark.parametrize(
    ("protocol", "asked", "line"),
    [
        ("HTTP/1.1", "keep-alive", ""),
        ("HTTP/1.1", "close", "Connection: close\r\n"),
        ("HTTP/1.0", "", "Connection: close\r\n"),
        ("HTTP/1.0", "Keep-Alive", "Connection: Keep-Alive\r\n"),
    ],
)
def test_the_line_that_the_server_adds_is_counted(world: WebWorld, protocol: str, asked: str, line: str) -> None:
    page = Browser(world.app).get("/en/", Connection=asked, protocol=protocol)
    assert page.wire_bytes == 65_536 - len(line)


def test_head_has_the_headers_of_get(browser: Browser) -> None:
    head, get = browser.request("HEAD", "/en/help/keys"), browser.get("/en/help/keys")
    assert head.body == b""
    assert list(head.headers) == list(get.headers)


def test_no_answer_tells_the_time(world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flask-WTF's own tokens and Flask's sessions carry the server's clock, in base64."""
    monkeypatch.setattr(world.clock, "now", world.clock.now + timedelta(hours=1, minutes=23, seconds=45))
    pages = [browser.get("/en/report/self"), file(browser, "en"), enter(browser, "en")]
    hidden = (element.attributes for page in pages for element in page.find("input", type="hidden"))
    texts = {attributes["value"] for attributes in hidden if attributes["name"] != "pad"}
    texts.add(pages[0].headers["Set-Cookie"].partition("=")[2].partition(";")[0])
    clocks = {int(now.timestamp()) + drift for now in (world.clock(), datetime.now(UTC)) for drift in range(-3, 4)}
    sealed = [text for text in texts if re.fullmatch(r"[\w-]{30,}", text)]
    assert len(sealed) >= 5
    for text in sealed:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        windows = [data[at : at + size] for at in range(len(data)) for size in (4, 8)]
        assert clocks.isdisjoint(int.from_bytes(window) for window in windows)
        assert clocks.isdisjoint(int.from_bytes(window, "little") for window in windows)
        assert not any(str(clock).encode() in data for clock in clocks)


def test_the_cookie_is_one_and_says_nothing(browser: Browser) -> None:
    first = browser.get("/en/report/travel")
    assert re.fullmatch(r"c=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", first.headers["Set-Cookie"])
    assert "Set-Cookie" not in browser.get("/en/report/travel").headers
    for path in ("/", "/en/", "/en/help/safety", "/en/leave", "/en/nothing"):
        assert "Set-Cookie" not in Browser(browser.app).get(path).headers
