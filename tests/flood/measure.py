"""How long a text report takes, alone and beside a crowd."""

import contextlib
import http.client
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from portal.trial.reporter import Connect, Page, Reporter, direct

TEXT = {"immediate_danger": "no", "narrative": "I saw it from the terrace."}
AGAIN_SECONDS = 0.1
_ROOT = Path(__file__).parents[2]
_DESCRIPTORS = 4_096


@dataclass
class Attack:
    """A crowd: how many of it came, and by kind of attacker and status how many answers there were."""

    there: int
    answers: dict[str, dict[str, int]] = field(default_factory=dict)


def report_seconds(url: str, connect: Connect = direct, bound: float = math.inf) -> float:
    """File a text report, form and words and all; the seconds from opening the form to the words.

    As a person does: what does not load is loaded again, what was not taken is sent again. Raises TimeoutError when
    nothing that was asked for within `bound` seconds led there.
    """
    begin = time.perf_counter()
    reporter = Reporter(url, connect)
    form = _insist(lambda: reporter.open("/en/report/other"), begin + bound).form("narrative")
    page = _insist(lambda: reporter.send(form, TEXT, multipart=False), begin + bound)
    assert "receipt" in page.texts, f"status {page.status} and no receipt"
    return time.perf_counter() - begin


def _insist(ask: Callable[[], Page], deadline: float) -> Page:
    while time.perf_counter() < deadline:
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            page = ask()
            if page.status != HTTPStatus.SERVICE_UNAVAILABLE:
                return page
        time.sleep(AGAIN_SECONDS)
    raise TimeoutError


@contextlib.contextmanager
def crowd(address: str, host: str, at_least: float = 1.0, **kinds: int) -> Iterator[Attack]:
    """A crowd while the block runs, at least this part of it; afterwards what is given holds the answers it got."""
    wanted = [f"{kind}={count}" for kind, count in kinds.items()]
    command = [sys.executable, "-m", "tests.flood.crowd", address, host, *wanted]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, _DESCRIPTORS), hard), hard))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        assert process.stdout is not None
        try:
            attack = Attack(int(process.stdout.readline()))
            assert attack.there >= at_least * sum(kinds.values()), f"no more than {attack.there} attackers came"
            yield attack
        finally:
            out = process.communicate()[0]
        attack.answers.update(json.loads(out))
