"""The desk's page in real browsers, in a process without network: `test_browsers.py` starts this one there."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from portal.desk import cases, session
from tests import npm
from tests.desk.web import addresses
from tests.desk.web.windows import Window, fill, focused, follow, tab_to, text, violations, wait, window
from tests.e2e.offline import is_alone

AXE = Path(__file__).parents[2] / "axe"
DESK = (sys.executable, "-m", "portal.desk.cli")
PASSPHRASE = "six words for the tests only"


@pytest.fixture(scope="session", autouse=True)
def alone() -> None:
    assert is_alone(), "this process must have no network but its own loopback: test_browsers.py starts it so"


@pytest.fixture(scope="session")
def axe() -> str:
    return (npm.install(AXE) / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def browsers() -> Iterator[dict[str, Window]]:
    """Each browser once: starting one takes as long as many pages."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(window(name)) for name in ("firefox", "chromium")}


@pytest.fixture(params=["firefox", "chromium"])
def browser(request: pytest.FixtureRequest, browsers: dict[str, Window]) -> Window:
    browsers[request.param].resize(1280, 900)
    return browsers[request.param]


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk full of invented reports, with its passphrase in a file beside it."""
    root = tmp_path_factory.mktemp("demonstration") / "desk"
    (root.parent / "passphrase").write_text(PASSPHRASE + "\n")
    command = [*DESK, "demo", str(root), "--reports", "80", "--passphrase-file", str(root.parent / "passphrase")]
    subprocess.run(command, check=True, capture_output=True)
    return root


@contextmanager
def opened(root: Path) -> Iterator[str]:
    """The page of a desk; the address that the terminal shows."""
    command = [*DESK, "open", str(root), "--no-browser", "--passphrase-file", str(root.parent / "passphrase")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def address(demonstration: Path, tmp_path: Path) -> Iterator[str]:
    """The page of a demonstration of one's own, which may be changed."""
    shutil.copy(demonstration.parent / "passphrase", tmp_path)
    with opened(shutil.copytree(demonstration, tmp_path / "desk")) as shown:
        yield shown


@pytest.fixture(scope="module")
def pages(demonstration: Path) -> list[str]:
    """Every page that can be opened, of a case with a file and an answer, a main case, and one joined with it."""
    with session.open_desk(demonstration, PASSPHRASE) as desk:
        known = cases.listed(desk.casebook, merged=True)
        part = next(case for case in known if case.merged_into)
        attached = next(
            case.name
            for case in known
            if list(cases.attachments(desk.casebook, case)) and cases.answers(desk.casebook, case)
        )
    return [
        *addresses.ALONE,
        *addresses.of_case(attached, attachment=1, answer=1),
        *(path for name in (part.name, str(part.merged_into)) for path in addresses.of_case(name)),
        *("/nothing", "/enter", "/case/2020-0001"),
    ]


def check(window: Window, axe: str, where: str) -> None:
    """Nothing that axe finds wrong, with everything unfolded; and, narrow and dark, no colours that it finds wrong."""
    window.resize(1280, 900)
    window.run("document.querySelectorAll('details').forEach(d => { d.open = true }); return 1")
    assert violations(window, axe) == [], where
    window.resize(400, 900)
    check_width(window, where)
    window.darken(on=True)
    assert violations(window, "", ["color-contrast"]) == [], f"{where}, in the dark"
    window.darken(on=False)


def check_width(window: Window, where: str) -> None:
    wide = window.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, f"{where} is wider than its window"


def test_no_page_has_anything_that_axe_finds_wrong(
    browsers: dict[str, Window], demonstration: Path, axe: str, pages: list[str]
) -> None:
    chromium = browsers["chromium"]
    with opened(demonstration) as shown:
        chromium.open(shown)
        for path in pages:
            chromium.open(shown.partition("/enter")[0] + path)
            check(chromium, axe, path)


def test_every_page_in_firefox(browsers: dict[str, Window], demonstration: Path, pages: list[str]) -> None:
    firefox = browsers["firefox"]
    firefox.resize(500, 900)
    with opened(demonstration) as shown:
        firefox.open(shown)
        for path in pages:
            firefox.open(shown.partition("/enter")[0] + path)
            assert firefox.run("return document.querySelectorAll('h1').length") == 1, path
            check_width(firefox, f"{path}, in Firefox,")


def test_what_forms_lead_to(browsers: dict[str, Window], axe: str, demonstration: Path) -> None:
    """Pages that no address leads to: what was found, looks before something is done, and the lock."""
    window = browsers["chromium"]
    with opened(demonstration) as shown:
        home = shown.partition("/enter")[0]
        window.open(shown)
        case = window.run("return document.querySelector('main tbody a').getAttribute('href')")
        for path, fields, button in (
            ("/search", {"#words": "hotel"}, "Search"),
            ("/search", {"#words": "nothing-is-called-so"}, "Search"),
            ("/person", {"#name": "Ana"}, "Find every mention"),
            (f"{case}/reply", {"#text": "Thank you."}, "Look at it before it is sealed"),
            (f"/several?id={case[6:]}", {"#status": "closed"}, "Look at it before it is done"),
            (f"{case}/keep", {}, "Look at what would go"),
            ("/settings", {"#deadline-look": "two"}, "Save"),
            ("/portals", {"#portal-key": "none", "#portal-words": "none"}, "Trust the new key"),
            ("/", {}, "Lock"),
        ):
            window.open(home + path)
            for field, text_ in fields.items():
                window.run(f"document.querySelector({json.dumps(field)}).value = {json.dumps(text_)}; return 1")
            press(window, button)
            check(window, axe, f"what {button!r} on {path} leads to")


def press(window: Window, name: str) -> None:
    """Press the button that is called so, and wait for the page that it leads to."""
    window.run(
        "document.documentElement.dataset.seen = '1';"
        f"[...document.querySelectorAll('button')].find(b => b.textContent.trim() === {json.dumps(name)}).click();"
        "return 1"
    )
    wait(window, "return !document.documentElement.dataset.seen && document.readyState === 'complete'")


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
    assert "You have it." in text(browser)
    tab_to(browser, "Hand this case on", tag="summary")
    browser.press("Enter")
    tab_to(browser, "Who has it from now on")
    fill(browser, "Why", "I am away.")
    follow(browser, "Hand it on", tag="button")
    assert "Inbox" in text(browser)
    browser.open(address.partition("/enter")[0] + f"/case/{case}")
    assert " has it." in text(browser)
    assert "I am away." in text(browser)


def test_cases_are_ticked_and_given_with_the_keyboard_alone(browser: Window, address: str) -> None:
    """Two cases are ticked in the inbox and given to a colleague; the inbox says so."""
    browser.open(address)
    for _ in range(2):
        tab_to(browser, "Tick 20", tag="input")
        browser.press("Space")
    assert browser.run("return document.querySelectorAll('input[name=id]:checked').length") == 2
    follow(browser, "Give them to somebody", tag="button")
    assert "Give cases to somebody" in text(browser)
    assert len(browser.run("return document.querySelector('#ids').value").split()) == 2
    follow(browser, "Give them", tag="button")
    assert "2 cases with anouk now" in text(browser)


def test_the_checker_finds_what_is_wrong(browser: Window, address: str, axe: str) -> None:
    browser.open(address)
    browser.run("document.documentElement.removeAttribute('lang'); return 1")
    assert any(found.startswith("html-has-lang") for found in violations(browser, axe))
