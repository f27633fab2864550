"""Walks the whole way by itself and prints each step: a report goes in, a desk opens it and answers, the words read it.

python -m portal.trial.demo [FOLDER]
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from portal.trial.folder import Trial, program
from portal.trial.listening import free_port
from portal.trial.reporter import Page, Reporter

START_SECONDS = 60
REPORT = {
    "immediate_danger": "no",
    "country": "TH",
    "city": "Pattaya",
    "signs": ["alone_in_room", "offering"],
    "suspect-1-role": "go_between",
    "narrative": "A man in the hotel bar offered guests a girl of about twelve. The staff looked away.",
}
ANSWER = "Thank you. We are looking into this. Do you remember the name of the hotel?"


def main(folder: Path) -> int:
    """The walk, in a folder of its own. The exit status is 1 when a step did not do what it should."""
    begin = time.monotonic()
    trial = Trial(folder)
    step("A portal and three desks, each with keys of its own")
    trial.make(say)
    with _serving(trial) as url:
        step("A reporter opens the form for travel and tourism, fills it in and sends it")
        words, reporter = _file(url)
        say(f"The receipt: {words}")
        say(f"That took {reporter.requests} requests and {reporter.received // 1024} KiB.")

        step("What the portal has stored: ciphertext that it cannot open")
        bundle, pack = folder / "police-bundle.tar", folder / "police-pack.tar"
        say(trial.portal("export", "--state", str(trial.state), "--desk", "police", str(bundle)))

        step("The desk, offline, imports the bundle and opens the report")
        desk = str(folder / "police")
        say(trial.desk("import", desk, str(bundle), "--portal-key", str(trial.state / "portal.pub")))
        [case] = json.loads(trial.desk("list", desk, "--json"))
        say(trial.desk("show", desk, case["id"]))

        step("The desk answers, and its pack goes back to the portal")
        text = folder / "answer.txt"
        text.write_text(ANSWER)
        say(trial.desk("reply", desk, case["id"], "--status", "question", "--text-file", str(text)))
        say(trial.desk("pack", desk, str(pack)))
        say(trial.portal("import", "--state", str(trial.state), "--keys", str(trial.keys), str(pack)))

        step("The reporter comes back with the eight words and reads the answer")
        page = _read(url, words)
        for status, reply in page.replies:
            say(f"[{status}] {' '.join(reply.split())}")
    if not any(ANSWER in " ".join(reply.split()) for _, reply in page.replies):
        print("The answer is not on the page: something is wrong.", file=sys.stderr)
        return 1
    step(f"Done in {time.monotonic() - begin:.0f} seconds")
    return 0


def _file(url: str) -> tuple[str, Reporter]:
    reporter = Reporter(url)
    reporter.open("/")
    form = reporter.open("/en/report/travel").form("narrative")
    page = reporter.send(form, REPORT)
    return page.texts["receipt"], reporter


def _read(url: str, words: str) -> Page:
    reporter = Reporter(url)
    return reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})


@contextlib.contextmanager
def _serving(trial: Trial) -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    command = [program("portal"), "serve", "--state", str(trial.state), "--keys", str(trial.keys)]
    command += ["--preview", address, "--no-tor"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"http://{address}/") and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def step(title: str) -> None:
    """Print the heading of a step."""
    print(f"\n== {title}", flush=True)


def say(text: str) -> None:
    """Print what a step says."""
    print(textwrap.indent(text.rstrip(), "   "), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory(prefix="portevoix-demo-") as temporary:
        sys.exit(main(Path(temporary)))
