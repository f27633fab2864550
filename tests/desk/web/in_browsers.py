"""The desk's page in real browsers, in a process without network: `test_browsers.py` starts this one there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import npm
from tests.desk.web.windows import Window, focused, follow, text, violations, window
from tests.e2e.offline import is_alone

AXE = Path(__file__).parents[2] / "axe"
PASSPHRASE = "six words for the tests only"


@pytest.fixture(scope="session", autouse=True)
def alone() -> None:
    assert is_alone(), "this process must have no network but its own loopback: test_browsers.py starts it so"


@pytest.fixture(scope="session")
def axe() -> str:
    return (npm.install(AXE) / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module", params=["firefox", "chromium"])
def browser(request: pytest.FixtureRequest) -> Iterator[Window]:
    with window(request.param) as opened:
        yield opened


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A demonstration whose page is open; the address of the terminal."""
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    desk = [sys.executable, "-m", "portal.desk.cli"]
    given = ["--passphrase-file", str(file)]
    root = str(tmp_path / "desk")
    subprocess.run([*desk, "demo", root, "--reports", "30", *given], check=True, capture_output=True)
    with subprocess.Popen([*desk, "open", root, "--no-browser", *given], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


PAGES = ("/", "/import", "/pack", "/job", "/nothing")


def test_no_page_has_anything_that_axe_finds_wrong(browser: Window, address: str, axe: str) -> None:
    browser.open(address)
    home = address.partition("/enter")[0]
    for width in (1280, 400):
        browser.resize(width, 900)
        for path in PAGES:
            browser.open(home + path)
            assert violations(browser, axe) == [], path


def test_a_case_with_the_keyboard_alone(browser: Window, address: str) -> None:
    browser.open(address)
    assert "Inbox" in text(browser)
    browser.press("Tab")
    assert focused(browser)[1] == "Skip to the content"
    follow(browser, "2025-")
    assert "What was said and done" in text(browser)
