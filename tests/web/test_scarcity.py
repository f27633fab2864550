"""A request for which the machine has no memory, or no file descriptor, is told to come again, and loses nothing."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from portal.web import help, report
from tests.web.browser import Browser
from tests.web.test_given_back import check_kept
from tests.web.test_report import NEEDED, canary, empty
from tests.web.world import WebWorld

SCARCE = pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EMFILE, "x"), OSError(errno.ENFILE, "x")])
ROOT = Path(__file__).parents[2]
TOUR = """
import os, resource, sys
from pathlib import Path
from portal.web.app import warm_up
from tests.web.browser import Browser
from tests.web.world import CHANNELS, WebWorld

world = WebWorld(Path(sys.argv[1]))
if sys.argv[2] == "warm":
    warm_up(world.app)
visitor = Browser(world.app)
highest = max(map(int, os.listdir("/proc/self/fd")))
resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
paths = ["", "mailbox", "leave", *(f"help/{name}" for name in ("safety", "about", "accessibility", "keys"))]
paths += [f"report/{channel}" for channel in CHANNELS]
print({visitor.get(f"/{language}/{path}").status for language in world.app.config["LANGUAGES"] for path in paths})
print(visitor.post("/en/report/travel", {"narrative": "Text."}).status)
"""


@SCARCE
def test_a_report(world: WebWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    text, form = canary(), empty(browser, "other")
    values = {"narrative": text, **NEEDED["other"]}
    with monkeypatch.context() as patch:
        patch.setattr(report, "_file", lambda *_: (_ for _ in ()).throw(error))
        page = browser.submit(form, values)
    assert page.status == 503
    assert page.alerts.startswith("Many people are using the portal right now")
    check_kept(page, "other", values)
    assert browser.submit(page.form("report/other")).status == 200
    assert len(world.found(text)) == 1


@SCARCE
def test_a_page(browser: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(help, "render", lambda *_, **__: (_ for _ in ()).throw(error))
        page = browser.get("/en/help/safety")
    assert page.status == 503
    assert "Wait a few minutes, then load the page again." in page.html


def test_another_error_of_the_system_is_a_fault_still(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(help, "render", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.EBADF, "x")))
    assert browser.get("/en/help/safety").status == 500


@pytest.mark.parametrize(("start", "statuses"), [("warm", ["{200}", "403"]), ("cold", [])])
def test_pages_open_no_file_once_the_portal_is_warm(tmp_path: Path, start: str, statuses: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOUR, tmp_path, start], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == statuses, done.stderr
