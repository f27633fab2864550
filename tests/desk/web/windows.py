"""Two real browsers, Firefox ESR and Chromium, driven by keys alone: what is asked of both, in one shape."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e.browser import PREFERENCES, Browser

_NAME_OF = """
    const e = document.activeElement;
    const label = e.id ? document.querySelector(`label[for="${CSS.escape(e.id)}"]`) : null;
    const name = e.getAttribute("aria-label") || (label || e).textContent;
    return [e.tagName.toLowerCase(), name.trim().replace(/\\s+/g, " ")];
"""
_AXE = "return axe.run(document, {resultTypes: ['violations']%s}).then(found => found.violations)"
_MOST_TABS = 200
_NAME_CHARACTERS = 40
"""So much of a name is shown where one is not found."""


class Window(Protocol):
    """A browser window with one page."""

    name: str

    def open(self, url: str) -> None: ...
    def press(self, key: str) -> None: ...
    def type(self, text: str) -> None: ...
    def run(self, script: str) -> Any: ...
    def screenshot(self, path: Path) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def darken(self, *, on: bool) -> None: ...


class Firefox:
    """Firefox ESR. Its pages have no scripts; the driver's own do not need those of the page."""

    name = "firefox"
    _KEYS: ClassVar = {
        "Tab": "\ue004",
        "Enter": "\ue007",
        "Space": "\ue00d",
        "ArrowDown": "\ue015",
        "Shift+Tab": "\ue008\ue004",
    }

    def __init__(self) -> None:
        # The driver runs nothing in a page whose scripts are switched off; our pages bring none, and their policy
        # forbids them.
        self._browser = Browser(preferences=PREFERENCES | {"javascript.enabled": True})
        self.driver = self._browser.driver

    def open(self, url: str) -> None:
        self.driver.navigate(url)

    def press(self, key: str) -> None:
        actions = self.driver.actions.sequence("key", "keyboard")
        for code in self._KEYS[key]:
            actions.key_down(code)
        for code in reversed(self._KEYS[key]):
            actions.key_up(code)
        actions.perform()

    def type(self, text: str) -> None:
        self.driver.actions.sequence("key", "keyboard").send_keys(text).perform()

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script, new_sandbox=False)

    def screenshot(self, path: Path) -> None:
        self._browser.screenshot(path)

    def resize(self, width: int, height: int) -> None:
        self.driver.set_window_rect(width=width, height=height)

    def darken(self, *, on: bool) -> None:
        raise NotImplementedError("Firefox takes its colours from the system: ask Chromium.")

    def close(self) -> None:
        self._browser.close()


class Chromium:
    """Chromium; the context lets the checker in past the pages' policy, which else forbids every script."""

    name = "chromium"

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, url: str) -> None:
        self._page.goto(url)

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def run(self, script: str) -> Any:
        return self._page.evaluate(f"() => {{ {script} }}")

    def screenshot(self, path: Path) -> None:
        self._page.screenshot(path=path)

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def darken(self, *, on: bool) -> None:
        self._page.emulate_media(color_scheme="dark" if on else "light")


@contextmanager
def window(name: str) -> Iterator[Window]:
    """A new window of firefox or chromium."""
    if name == "firefox":
        firefox = Firefox()
        try:
            yield firefox
        finally:
            firefox.close()
        return
    with chromium_page() as page:
        yield Chromium(page)


@contextmanager
def chromium_page() -> Iterator[Page]:
    """A page of a new Chromium."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.fail("Chromium is missing. Type:  scripts/packages chromium", pytrace=False)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        yield browser.new_context(bypass_csp=True).new_page()
        browser.close()


def focused(window: Window) -> tuple[str, str]:
    """Element and name of what has the focus."""
    tag, name = window.run(_NAME_OF)
    return tag, name


def tab_to(window: Window, name: str, tag: str = "") -> None:
    """Go with the key Tab to what is called so (or begins so), as somebody does who sees where the focus is."""
    seen = []
    for _ in range(_MOST_TABS):
        window.press("Tab")
        at, called = focused(window)
        seen.append(called[:_NAME_CHARACTERS])
        if called.startswith(name) and tag in ("", at):
            return
    raise AssertionError(f"Tab never comes to {name!r}, but to {seen}")


def follow(window: Window, name: str, tag: str = "") -> None:
    """Go to a link or a button, and press Enter."""
    tab_to(window, name, tag)
    before = window.run("return document.documentElement.dataset.seen = '1'")
    assert before == "1"
    window.press("Enter")
    wait(window, "return !document.documentElement.dataset.seen && document.readyState === 'complete'")


def fill(window: Window, label: str, text: str) -> None:
    """Go to a field and type."""
    tab_to(window, label)
    window.type(text)


def wait(window: Window, condition: str, seconds: float = 20) -> None:
    """Wait until a condition in the page holds; loading another page in between is no failure."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if window.run(condition):
                return
        except Exception:  # noqa: BLE001 - the page under the script has gone; the next one is asked again
            pass
        time.sleep(0.02)
    raise AssertionError(f"never: {condition}\n{text(window)[:2000]}")


def text(window: Window) -> str:
    """What the page says."""
    return str(window.run("return document.body.innerText"))


def violations(window: Window, axe: str, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds wrong with the page: rule, what it says, and where; by all rules, or by those that are named.

    `axe` is its source, which may be empty where the same page has run it before.
    """
    if axe:
        window.run(axe + "\nwindow.axe = axe;")
    only = f", runOnly: {json.dumps(list(rules))}" if rules else ""
    found = json.loads(json.dumps(window.run(_AXE % only)))
    return [f"{rule['id']}: {rule['help']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
