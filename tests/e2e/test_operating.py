"""What an operator does to a portal that serves: looks at it with `portal doctor`, replaces keys, starts it again."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import minisign
import pytest

from portal.age import HybridIdentity
from portal.trial.reporter import Reporter
from tests.e2e.parts import PORTAL, Portal, run
from tests.e2e.reports import SAMPLES
from tests.tor.fake_tor import eventually
from tests.tor.test_network import page_soon
from tor import PrivateNetwork

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def portal(private_tor: PrivateNetwork, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal on a private Tor network."""
    made = Portal(tmp_path_factory.mktemp("portal"))
    made.join(private_tor)
    made.start()
    try:
        made.published()
        yield made
    finally:
        made.close()


def doctor(portal: Portal) -> dict[str, dict[str, Any]]:
    done = run(*PORTAL, "doctor", "--state", portal.state, "--keys", portal.keys, "--json", check=False)
    found = {one["check"]: one for one in json.loads(done.stdout)}
    worst = max(("ok", "warn", "bad").index(one["level"]) for one in found.values())
    assert done.returncode == [0, 3, 4][worst]
    assert done.stderr == ""
    return found


def test_the_doctor_visits_the_portal_from_outside(portal: Portal) -> None:
    found = doctor(portal)
    expected = ["disk", "permissions", "database", "one portal", "tor version", "tor proof of work", "onion address"]
    assert {check: found[check]["level"] for check in expected} == dict.fromkeys(expected, "ok"), found
    assert found["onion address"]["message"].endswith(".onion answers, from outside through tor.")
    assert found["one portal"]["message"].startswith(f"Process {portal.pid} serves ")
    assert found["clock"]["level"] != "bad"
    assert found["keys"]["level"] == "ok"
    assert found["roster"]["level"] == "warn"


def test_a_form_that_was_open_while_the_secret_was_replaced(portal: Portal) -> None:
    sample = SAMPLES[0]
    reporter = Reporter(portal.url)
    form = reporter.open(f"/{sample.language}/report/{sample.channel}").form("narrative")
    before = portal.items()
    portal("renew-session", "--state", portal.state)
    portal.stop()
    portal.restart()
    page = reporter.send(form, sample.values, multipart=True)
    assert page.status == 200
    words = page.texts["receipt"]
    assert reporter.send(form, sample.values, multipart=True).texts["receipt"] == words
    assert portal.items() == before + 1


BACK_SECONDS = 60
"""A portal whose tor was killed is found again at the same address within this time."""


def test_a_tor_that_is_killed_is_back_with_the_same_address(portal: Portal, private_tor: PrivateNetwork) -> None:
    address, first = portal.published(), portal.tor_pid
    page_soon(private_tor, address)
    said, begin = len(portal.log.read_text()), time.monotonic()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: f"http://{address}, and it answers" in portal.log.read_text()[said:], BACK_SECONDS)
    assert b"<title>" in page_soon(private_tor, address)
    assert time.monotonic() - begin < BACK_SECONDS
    assert portal.tor_pid != first


def test_the_doctor_finds_an_onion_service_that_is_not_there(portal: Portal) -> None:
    """The portal serves and its tor does not, which a visitor of the preview would not notice."""
    portal.stop()
    portal.start("--no-tor")
    found = doctor(portal)
    assert found["one portal"]["level"] == "ok"
    assert found["onion address"]["level"] == "bad"
    assert found["onion address"]["fix"]


def yesterday() -> str:
    return (datetime.now(UTC).date() - timedelta(days=1)).isoformat()


def test_a_recipient_that_is_not_on_the_roster_stops_the_start(portal: Portal, tmp_path: Path) -> None:
    pair = minisign.KeyPair.generate()
    with (portal.state / "portal.toml").open("a") as file:
        file.write(f'coordination_key = "{pair.public_key.to_base64().decode()}"\n')
    portal("roster", "--state", portal.state, "--keys", portal.keys, "--draft", tmp_path / "draft")
    drafted = (tmp_path / "draft").read_bytes()
    late = b"from = 2020-01-01\nuntil = %s" % yesterday().encode()
    data = re.sub(rb"from = \S+\nuntil = \S+", late, drafted, count=1)
    (portal.keys / "roster.toml").write_bytes(data)
    (portal.keys / "roster.toml.minisig").write_bytes(bytes(pair.secret_key.sign(data)) + b"\n")
    portal.stop()
    portal.start("--no-tor")
    said = f"The key of the desk police was to be used until {yesterday()}: let the desk make a new one"
    assert said in portal.log.read_text()
    found = doctor(portal)
    assert (found["roster"]["level"], found["keys"]["level"]) == ("ok", "warn")
    assert said in found["keys"]["message"]
    portal.stop()
    with (portal.keys / "ecpat.recipients").open("a") as file:
        file.write(f"{HybridIdentity.generate().recipient}\n")
    done = run(*PORTAL, "serve", "--state", portal.state, "--keys", portal.keys, "--no-tor", check=False, timeout=60)
    assert done.returncode == 1
    assert "ecpat.recipients, line " in done.stderr
    assert "is not one that roster 1 lists for the desk ecpat: take the line out" in done.stderr
    found = doctor(portal)
    assert found["keys"]["level"] == "bad"
    assert found["one portal"]["level"] == "warn"
