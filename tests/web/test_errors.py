"""What goes wrong before or outside of a form."""

import logging
import re
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from portal import limits
from portal.receipt import encode
from portal.settings import LANGUAGES
from portal.web.app import create_app
from portal.web.errors import page_for_server
from portal.web.gateway import GATEWAY_HEADERS
from tests.web.browser import Browser, Page
from tests.web.test_report import canary, empty
from tests.web.world import ONION, WebWorld


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "de-LU,de;q=0.9", "de"),
        ("/", "lb, fr;q=0.7", "fr"),
        ("/", "zh", "en"),
        ("/", "", "en"),
        ("/fr/", "de", "fr"),
        ("/fr/nothing/here", "de", "fr"),
        ("/fr", "de", "fr"),
        ("/nothing", "de", "de"),
        ("/fra/mailbox", "de", "de"),
        ("/lb/", "de", "de"),
    ],
)
def test_the_language_of_a_page(browser: Browser, path: str, accepted: str, language: str) -> None:
    page = browser.get(path, **{"Accept-Language": accepted})
    assert next(page.find("html")).attributes["lang"] == language


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/en/report",
        "/en/report/",
        "/en/report/nothing",
        "/en/help/",
        "/en/mailbox/x",
        "/lb/",
        "/static/style.css",
        "/favicon.ico",
        "/en/report/../help/keys",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_such_page(browser: Browser, path: str, method: str) -> None:
    assert browser.request(method, path).status == 404


def test_no_such_help_page(browser: Browser) -> None:
    assert browser.get("/en/help/nothing").status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET, HEAD"),
        ("POST", "/en/", "GET, HEAD"),
        ("POST", "/en/help/keys", "GET, HEAD"),
        ("POST", "/en/leave", "GET, HEAD"),
        ("GET", "/en/mailbox/message", "POST"),
        ("HEAD", "/en/mailbox/delete", "POST"),
        ("PUT", "/en/report/travel", "GET, HEAD, POST"),
        ("OPTIONS", "/en/report/travel", "GET, HEAD, POST"),
        ("DELETE", "/en/mailbox", "GET, HEAD, POST"),
        ("TRACE", "/", "GET, HEAD"),
    ],
)
def test_other_methods(browser: Browser, method: str, path: str, allowed: str) -> None:
    page = browser.request(method, path)
    assert page.status == 405
    assert page.headers["Allow"] == allowed


@pytest.mark.parametrize("host", [ONION, ONION.upper(), f"{ONION}:80", "localhost"])
def test_our_own_addresses(browser: Browser, host: str) -> None:
    assert browser.get("/en/", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["", "elsewhere.example", f"{ONION}.ly", f"www.{ONION}", f"{ONION}:81", "localhost:8000", "127.0.0.1", "a b"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_hosts(browser: Browser, host: str, method: str) -> None:
    page = browser.request(method, "/fr/report/travel", Host=host)
    assert page.status == 400
    assert "Il n'y a pas de portail à cette adresse." in page.alerts
    assert not list(page.find("form"))
    assert ONION not in page.html


@pytest.mark.parametrize("header", GATEWAY_HEADERS)
def test_web_gateways(browser: Browser, header: str) -> None:
    page = browser.get("/de/report/travel", **{header: "x"})
    assert page.status == 403
    assert "Öffnen Sie diese Seite in Tor Browser." in page.alerts
    assert not list(page.find("form"))


def test_a_gateway_that_rewrites_addresses_gives_itself_away(world: WebWorld, browser: Browser) -> None:
    form, text = empty(browser, "self"), canary()
    assert form.values["our-address"] == ONION
    page = browser.submit(form, {"narrative": text, "our-address": f"{ONION}.ly"})
    assert page.status == 403
    assert "Tor Browser" in page.alerts
    assert world.found(text) == []
    assert browser.submit(form, {"narrative": text, "our-address": []}).status == 200


def test_before_the_onion_address_is_known(world: WebWorld) -> None:
    browser = Browser(create_app(world.site(onion=lambda: None)))
    form = empty(browser, "self")
    assert form.values["our-address"] == ""
    page = browser.submit(form, {"narrative": canary()})
    assert page.status == 200
    assert "Keep the address" not in page.html


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_what_is_no_form(browser: Browser, kind: str) -> None:
    page = browser.request("POST", "/en/report/self", **{"Content-Type": kind})
    assert page.status in (400, 403)
    assert page.wire_bytes in (65_536, 131_072)


@pytest.mark.parametrize(("key", "files"), [("travel", True), ("self", False)])
def test_more_text_than_is_read(browser: Browser, key: str, files: bool) -> None:
    page = browser.submit(empty(browser, key), {"narrative": "x" * (3 * limits.FORM_BYTES + 1)})
    assert page.status == 413
    assert ("One file may have up to 200 MB, all together up to 256 MB." in page.alerts) == files
    assert ("file" in page.alerts) == files
    assert "All text together may have up to 24,000 bytes." in page.alerts
    assert "Back" in page.alerts


class TestFailure:
    """Errors that nobody thought of."""

    @pytest.mark.parametrize("path", ["/fr/help/keys", "/fr/report/self", "/fr/mailbox"])
    def test_a_page_fails(self, world: WebWorld, path: str, caplog: pytest.LogCaptureFixture) -> None:
        def fail(*_: object) -> Any:
            raise LookupError("secret")

        intake = world.another_process()
        intake.seals.issue_ticket = intake.seals.csrf_token = fail  # type: ignore[method-assign]
        browser = Browser(create_app(world.site(intake=intake, desk_keys=fail)))
        with caplog.at_level(logging.DEBUG):
            page = browser.get(path, **{"User-Agent": "agent"})
        assert page.status == 500
        assert "Quelque chose n'a pas marché" in page.alerts
        assert page.wire_bytes == 65_536
        (record,) = caplog.records
        assert re.fullmatch(r"LookupError at portal/web/\w+\.py:\d+", record.getMessage())
        assert record.exc_info is None

    def test_an_action_fails_and_what_was_typed_stays(
        self, world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object) -> Any:
            raise LookupError("secret")

        form = browser.get("/fr/mailbox").form("mailbox")
        monkeypatch.setattr(world.store, "replies", fail)
        page = browser.submit(form, {"receipt": " ".join(encode(bytes(10), "english"))})
        assert page.status == 500
        assert (
            page.form("mailbox").values["receipt"]
            == "abandon " * 7 + page.form("mailbox").values["receipt"].split()[-1]
        )
        assert [record.getMessage().split(":")[0] for record in caplog.records] == ["LookupError at portal/intake.py"]

    def test_nothing_is_logged_otherwise(
        self, world: WebWorld, browser: Browser, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            browser.submit(empty(browser, "self"), {"narrative": canary()})
            browser.get("/en/nothing")
            browser.submit(empty(browser, "self"))
        assert [
            record.name for record in caplog.records if record.name.startswith(("portal", "flask", "werkzeug"))
        ] == []


class TestForTheServer:
    """Pages for errors that the server finds before the application is asked."""

    @pytest.mark.parametrize("status", [400, 413, 431, 500, 501, 503, 505, 507])
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_status_headers_and_size(self, world: WebWorld, status: int, language: str) -> None:
        line, headers, body = page_for_server(world.app, status, f"/{language}/report/travel", "zh")
        assert int(line.split()[0]) == status
        page = Page(status, line, Headers(headers), body)
        assert page.wire_bytes == 65_536 - len("Connection: close\r\n")
        assert next(page.find("html")).attributes["lang"] == language
        assert page.alerts
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Date"] == "Wed, 25 Nov 2026 00:00:00 GMT"
        assert ("Retry-After" in page.headers) == (status in (503, 507))

    @pytest.mark.parametrize(
        ("path", "files"),
        [
            ("/en/report/travel?sent", True),
            ("/en/report/nothing", True),
            ("", True),
            ("/en/report/self?sent", False),
            ("/en/mailbox", False),
            ("/en/mailbox/message", False),
        ],
    )
    @pytest.mark.parametrize("status", [413, 507])
    def test_files_are_spoken_of_only_where_there_are_some(
        self, world: WebWorld, status: int, path: str, files: bool
    ) -> None:
        line, headers, body = page_for_server(world.app, status, path, "en")
        assert ("file" in Page(status, line, Headers(headers), body).alerts) == files

    def test_a_disk_that_is_full_before_the_form_is_read(self, world: WebWorld) -> None:
        line, headers, body = page_for_server(world.app, 507, "/en/report/travel?sent", "en")
        page = Page(507, line, Headers(headers), body)
        assert page.alerts.startswith("The portal has no room for files at the moment.")
        assert "Send it without the files." in page.alerts

    @pytest.mark.parametrize("path", ["", "/", "//x", "http://x/y", "\x00", "/%ff", "/é", "?"])
    def test_any_path(self, world: WebWorld, path: str) -> None:
        line, headers, body = page_for_server(world.app, 400, path, "de")
        page = Page(400, line, Headers(headers), body)
        assert next(page.find("html")).attributes["lang"] == "de"
