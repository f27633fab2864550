"""The database is locked, or gone, and then there again."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from portal.store import sqlite
from tests.postgres import Server
from tests.web.browser import Browser, Page
from tests.web.test_given_back import check_kept
from tests.web.test_report import NEEDED, canary, empty
from tests.web.threads import Thread, words_form
from tests.web.world import WebWorld

TITLE = "The portal cannot store anything right now"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebWorld]:
    """A portal on SQLite that waits for locks for a moment only."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    made = WebWorld(tmp_path)
    yield made
    made.store.close()


def check_a_bad_hour(world: WebWorld, hour: Callable[[], object], end: Callable[[], object]) -> None:
    """A report, a message and the eight words, sent before `end`, are given back, and taken after it."""
    browser, text = Browser(world.app), canary()
    values = {"narrative": text, **NEEDED["other"]}
    form = empty(browser, "other")
    thread = Thread(world, Browser(world.app))
    thread.answer({})
    words, mailbox = words_form(thread.browser), thread.open()
    hour()
    page = browser.submit(form, values)
    check_told(page)
    check_kept(page, "other", values)
    entered = thread.browser.submit(words, {"receipt": thread.words})
    check_told(entered)
    assert entered.form("mailbox").values["receipt"] == thread.words
    message = thread.browser.submit(mailbox.form("message"), {"message": text})
    check_told(message)
    assert text in message.html
    for quiet in ("/en/", "/en/report/travel", "/en/help/safety"):
        assert browser.get(quiet).status == 200
    end()
    assert browser.submit(page.form("report/other")).status == 200
    assert len(world.found(text)) == 1
    assert list(thread.browser.submit(entered.form("mailbox")).find("article"))


def check_told(page: Page) -> None:
    assert page.status == 503
    assert page.headers["Retry-After"] == "60"
    assert page.alerts.startswith(TITLE)
    assert page.wire_bytes == 131_072


def test_locked_by_another_program(world: WebWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(tmp_path / "portal.db", isolation_level=None)) as other:
        check_a_bad_hour(world, lambda: other.execute("BEGIN EXCLUSIVE"), lambda: other.execute("ROLLBACK"))
    assert "The database is busy with other work: try again in a minute" in caplog.text


def test_gone_and_back(world: WebWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    there, elsewhere = tmp_path / "portal.db", tmp_path / "elsewhere.db"
    check_a_bad_hour(world, lambda: there.rename(elsewhere), lambda: elsewhere.rename(there))
    assert "The database file is missing or cannot be opened: check the state folder" in caplog.text


@contextmanager
def on_postgresql(postgres: Server, folder: Path) -> Iterator[WebWorld]:
    made = WebWorld(folder, url=postgres.new_database())
    try:
        yield made
    finally:
        made.store.close()


def test_a_server_that_stops_and_starts_again(
    postgres: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with on_postgresql(postgres, tmp_path) as world:
        stopped = []

        def start() -> None:
            postgres.start()
            stopped.clear()

        try:
            check_a_bad_hour(world, lambda: (postgres.stop(), stopped.append(True)), start)
        finally:
            if stopped:
                postgres.start()
    assert "The database server does not answer or refuses the login" in caplog.text
