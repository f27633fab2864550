"""The desk's page in real browsers, in a process without network: `test_browsers.py` starts this one there."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import npm
from tests.desk.web.windows import Window, fill, focused, follow, tab_to, text, violations, wait, window
from tests.e2e.offline import is_alone

AXE = Path(__file__).parents[2] / "axe"
DESK = (sys.executable, "-m", "portal.desk.cli")
PAGES = (
    *(
        "/",
        "/?show=all&sort=newest",
        "/search",
        "/import",
        "/pack",
        "/referrals",
        "/authorities",
        "/statistics",
        "/more",
        "/due",
    ),
    *("/verify", "/person", "/settings", "/backups", "/add", "/receive", "/job", "/nothing", "/enter"),
    *("/handover", "/several", "/people", "/portals"),
)
PASSPHRASE = "six words for the tests only"


@pytest.fixture(scope="session", autouse=True)
def alone() -> None:
    assert is_alone(), "this process must have no network but its own loopback: test_browsers.py starts it so"


@pytest.fixture(scope="session")
def axe() -> str:
    return (npm.install(AXE) / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module", params=["firefox", "chromium", "chromium in the dark"])
def browser(request: pytest.FixtureRequest) -> Iterator[Window]:
    with window(request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk full of invented reports, with its passphrase in a file beside it."""
    root = tmp_path_factory.mktemp("demonstration") / "desk"
    (root.parent / "passphrase").write_text(PASSPHRASE + "\n")
    command = [*DESK, "demo", str(root), "--reports", "80", "--passphrase-file", str(root.parent / "passphrase")]
    subprocess.run(command, check=True, capture_output=True)
    return root


@pytest.fixture(scope="module")
def joined(demonstration: Path) -> tuple[str, str]:
    """A main case and one that was merged into it."""
    command = [*DESK, "list", str(demonstration), "--merged", "--json"]
    command += ["--passphrase-file", str(demonstration.parent / "passphrase")]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return next((case["merged_into"], case["id"]) for case in listed if case["merged_into"])


@pytest.fixture
def address(demonstration: Path, tmp_path: Path) -> Iterator[str]:
    """The page of a demonstration of one's own; the address that the terminal shows."""
    root = shutil.copytree(demonstration, tmp_path / "desk")
    file = shutil.copy(demonstration.parent / "passphrase", tmp_path)
    command = [*DESK, "open", str(root), "--no-browser", "--passphrase-file", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_no_page_has_anything_that_axe_finds_wrong(
    browser: Window, address: str, axe: str, joined: tuple[str, str]
) -> None:
    browser.open(address)
    home = address.partition("/enter")[0]
    case = browser.run("return document.querySelector('main tbody a').getAttribute('href')")
    paths = [*PAGES, case, *(case + rest for rest in ("/reply", "/note", "/merge", "/refer", "/transfer", "/keep"))]
    paths += [f"/case/{name}{rest}" for name in joined for rest in ("", "/merge", "/reply", "/refer")]
    for width in (1280, 400):
        browser.resize(width, 900)
        for path in paths:
            browser.open(home + path)
            browser.run("document.querySelectorAll('details').forEach(d => { d.open = true }); return 1")
            assert violations(browser, axe) == [], (path, width)
            wide = browser.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, f"{path} is wider than a window of {width}"


def test_a_case_with_the_keyboard_alone(browser: Window, address: str, tmp_path: Path) -> None:
    """From the inbox to the pack: read, answered, looked at once more, sealed, packed, locked, unlocked."""
    browser.open(address)
    browser.press("Tab")
    assert focused(browser)[1] == "Skip to the content"
    follow(browser, "Open 20", tag="a")
    assert "What was said and done" in text(browser)
    case = text(browser).partition("Case ")[2][:9]
    assert browser.run("return document.querySelectorAll('details[open]').length") == 0
    tab_to(browser, "", tag="summary")
    browser.press("Enter")
    assert browser.run("return document.querySelectorAll('details[open]').length") == 1
    browser.open(address.partition("/enter")[0] + f"/case/{case}")
    follow(browser, "Answer", tag="a")
    fill(browser, "Your words", "Thank you. We look into it.")
    follow(browser, "Look at it before it is sealed")
    assert "This is what the reporter will read" in text(browser)
    follow(browser, "Seal it for the next pack")
    assert "Waits for the next pack" in text(browser)
    follow(browser, "Pack", tag="a")
    fill(browser, "or the whole path of another folder", str(tmp_path))
    follow(browser, "Make the pack")
    wait(browser, "return document.body.innerText.includes('Pack: done')")
    assert len(list(tmp_path.glob("pack-*.tar"))) == 1
    follow(browser, "Lock", tag="button")
    assert "The desk is locked" in text(browser)
    assert "Thank you" not in text(browser)
    browser.type(PASSPHRASE)  # the field has the focus already
    follow(browser, "Unlock", tag="button")
    assert "Inbox" in text(browser)


def test_a_case_goes_on_to_a_colleague_with_the_keyboard_alone(browser: Window, address: str) -> None:
    """Noted, tagged, taken, and handed on with a reason; then the inbox is there."""
    browser.open(address)
    follow(browser, "20", tag="a")
    case = text(browser).partition("Case ")[2][:9]
    follow(browser, "Write a note", tag="a")
    fill(browser, "The note", "Called the hotel.")
    follow(browser, "Keep the note")
    assert "Called the hotel." in text(browser)
    fill(browser, "Add tags", "keyboard")
    follow(browser, "Add", tag="button")
    follow(browser, "I take it")
    assert "Yours." in text(browser)
    tab_to(browser, "Hand this case on", tag="summary")
    browser.press("Enter")
    tab_to(browser, "Who has it from now on")
    fill(browser, "Why", "I am away.")
    follow(browser, "Hand it on", tag="button")
    assert "Inbox" in text(browser)
    browser.open(address.partition("/enter")[0] + f"/case/{case}")
    assert "It is with" in text(browser)
    assert "I am away." in text(browser)


def test_the_checker_finds_what_is_wrong(browser: Window, address: str, axe: str) -> None:
    browser.open(address)
    browser.run("document.documentElement.removeAttribute('lang'); return 1")
    assert any(found.startswith("html-has-lang") for found in violations(browser, axe))
