"""The README's commands, as they stand there, do what it says."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.trial.reporter import Reporter
from tests.e2e.parts import run
from tests.e2e.reports import SAMPLES

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
START_SECONDS = 90


def blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands need; the packages are those of this checkout."""
    tmp_path = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy2(ROOT / "setup.cfg", tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.fixture(scope="module")
def preview(checkout: Path) -> Iterator[str]:
    """`scripts/run`, until it is stopped with Ctrl-C; gives the address that it prints."""
    [command] = [block for block in blocks() if block.startswith("scripts/run")]
    with (checkout / "output").open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-ec", f"exec {command}"], cwd=checkout, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + START_SECONDS
    while not (found := re.search(r"Preview: (http://\S+)/ ", (checkout / "output").read_text())):
        assert time.monotonic() < deadline, (checkout / "output").read_text()
        assert process.poll() is None, (checkout / "output").read_text()
        time.sleep(0.05)
    yield found[1]
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(10) == 0
    assert "Traceback" not in (checkout / "output").read_text()


def test_the_demo_ends_well(checkout: Path) -> None:
    [command] = [block for block in blocks() if block.startswith("scripts/demo")]
    shown = run("sh", "-ec", command, cwd=checkout).stdout
    assert "The reporter comes back" in shown
    assert "[question]" in shown


def test_five_minutes(checkout: Path, preview: str) -> None:
    reporter = Reporter(preview)
    sample = SAMPLES[0]
    words = reporter.send(reporter.open("/en/report/travel").form("narrative"), sample.values).texts["receipt"]
    commands = [block for block in blocks() if not block.startswith(("scripts/run", "scripts/demo"))]
    shown = [run("sh", "-ec", command, cwd=checkout).stdout for command in commands]
    assert sample.narrative.partition(" ")[0] in shown[0]
    page = reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})
    [(status, text)] = page.replies
    assert status == "under-review"
    assert "Thank you. We are looking into it." in text


def test_what_run_prints_is_marked_as_a_trial(checkout: Path, preview: str) -> None:
    shown = (checkout / "output").read_text()
    assert "NOT for real use" in shown
    assert re.search(r"http://[a-z2-7]{56}\.onion/", shown)
    assert (checkout / "trial" / "NOT-FOR-REAL-USE.txt").exists()
