"""What a reporter does, in a real Firefox without JavaScript: without Tor, and over a private Tor network."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.browser import Browser
from tests.e2e.parts import Portal, serving
from tests.e2e.reports import CANARY, SAMPLES, Sample
from tor import PrivateNetwork
from tor.control import Control
from tor.errors import ControlError
from tor.limits import Limits

pytestmark = pytest.mark.e2e
MIB = 1024 * 1024


class World:
    """A portal and the address at which the browser reaches it."""

    def __init__(self, portal: Portal, network: PrivateNetwork | None = None, onion: str | None = None) -> None:
        self.portal = portal
        self._network = network
        self._onion = onion
        self.browser = Browser(network.socks_port if network else None)

    @property
    def url(self) -> str:
        return f"http://{self._onion}" if self._onion else self.portal.url

    @contextmanager
    def losing_the_answer(self) -> Iterator[None]:
        """What is sent meanwhile is stored, and then its answer is lost: Tor's circuits die, or the portal does."""
        before = self.portal.items()
        worker = threading.Thread(target=self._lose, args=(before,))
        worker.start()
        yield
        worker.join()
        if self._network is None:
            self.portal.restart()

    def _lose(self, before: int) -> None:
        deadline = time.monotonic() + 60
        while self.portal.items() == before and time.monotonic() < deadline:
            time.sleep(0.001)
        if self._network is None:
            self.portal.crash()
            return
        control = Control.connect(self._network.client, Limits())
        for line in control.ask("GETINFO circuit-status"):
            number = line.removeprefix("circuit-status=").partition(" ")[0]
            if number.isdigit():
                with suppress(ControlError):
                    control.ask(f"CLOSECIRCUIT {number}")
        control.close()


@pytest.fixture(scope="module", params=["preview", "onion"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "preview":
        with serving(folder, "--no-tor") as portal:
            made = World(portal)
            yield made
            made.browser.close()
        return
    network: PrivateNetwork = request.getfixturevalue("private_tor")
    portal = Portal(folder)
    portal.join(network)
    portal.start()
    try:
        onion = portal.published()
        made = World(portal, network, onion)
        yield made
        made.browser.close()
    finally:
        portal.close()


def fill_in(browser: Browser, sample: Sample) -> None:
    for name, value in sample.values.items():
        kinds = {element.get_attribute("type") for element in browser.all(f'[name="{name}"]')}
        if kinds & {"radio", "checkbox"}:
            for each in [value] if isinstance(value, str) else value:
                browser.tick(name, each)
        elif browser.all(f'select[name="{name}"]'):
            browser.choose(name, str(value))
        else:
            browser.type(name, str(value))


def send(browser: Browser) -> None:
    browser.press('form:has([name="narrative"]) button')


def try_again_until_the_receipt(browser: Browser) -> None:
    """As a person does: send again where the form is still there, reload where the browser shows its own error."""
    deadline = time.monotonic() + 90
    while not browser.all("#receipt"):
        assert time.monotonic() < deadline, browser.text("body")[:2000]
        with browser.failing():
            if browser.all('[name="narrative"]'):
                send(browser)
            else:
                browser.reload()


def enter(world: World, words: str) -> Browser:
    browser = world.browser
    browser.open(f"{world.url}/fr/mailbox")
    browser.type("receipt", words)
    browser.press('form:has([name="receipt"]) button')
    return browser


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.channel)
def test_every_channel(world: World, sample: Sample) -> None:
    browser, desk = world.browser, world.portal.desks[sample.desks[0]]
    before = {case["id"] for case in desk.cases()}
    browser.open(f"{world.url}/{sample.language}/report/{sample.channel}")
    fill_in(browser, sample)
    send(browser)
    words = browser.wait("#receipt").text.split()
    assert len(words) == 8
    assert browser.all('[role="status"]')
    browser.type("word", words[2])
    browser.press('form:has([name="word"]) button')
    assert browser.wait("#receipt-confirmed")
    for name in sample.desks:
        world.portal.exchange(name)
    [case] = [case for case in desk.cases() if case["id"] not in before]
    [report] = desk.show(case["id"])["messages"]
    assert report["narrative"] == sample.narrative
    assert {key: report["answers"][key] for key in sample.answers} == sample.answers


def test_an_attachment_of_20_mb(world: World, tmp_path: Path) -> None:
    browser, desk = world.browser, world.portal.desks["police"]
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(bytes(range(256)) * (20 * MIB // 256))
    before = {case["id"] for case in desk.cases()}
    browser.open(f"{world.url}/en/report/travel")
    fill_in(browser, SAMPLES[0])
    browser.type("attachment", str(picture))
    send(browser)
    assert len(browser.wait("#receipt").text.split()) == 8
    world.portal.exchange("police")
    [case] = [case for case in desk.cases() if case["id"] not in before]
    out = tmp_path / "out"
    desk("extract", case["id"], "1", out)
    assert out.read_bytes() == picture.read_bytes()


def test_a_form_error_keeps_what_was_typed(world: World) -> None:
    browser = world.browser
    browser.open(f"{world.url}/de/report/travel")
    browser.type("city", f"{CANARY} <&\"'>")
    browser.type("suspect-2-name", "Zwei")
    browser.tick("signs", "filming")
    browser.tick("immediate_danger", "no")
    browser.choose("country", "KH")
    browser.type("narrative", CANARY)
    for part, value in [("day", "31"), ("month", "2"), ("year", "2026")]:
        browser.type(f"date_from-{part}", value)
    send(browser)
    assert browser.wait('[role="alert"] a')
    assert browser.value('[name="city"]') == f"{CANARY} <&\"'>"
    assert browser.value('[name="suspect-2-name"]') == "Zwei"
    assert browser.find('[name="signs"][value="filming"]').is_selected()
    browser.type("date_from-day", "28")
    send(browser)
    assert len(browser.wait("#receipt").text.split()) == 8


def test_a_lost_answer_and_a_reload_give_one_report_and_the_same_words(world: World) -> None:
    browser, desk = world.browser, world.portal.desks["ecpat"]
    before = len(desk.cases())
    sample = SAMPLES[-1]
    browser.open(f"{world.url}/{sample.language}/report/{sample.channel}")
    fill_in(browser, sample)
    with world.losing_the_answer(), browser.failing():
        send(browser)
    try_again_until_the_receipt(browser)
    words = browser.wait("#receipt").text
    browser.back()
    assert browser.value('[name="narrative"]') == sample.narrative
    send(browser)
    assert browser.wait("#receipt").text == words
    world.portal.exchange("ecpat")
    assert len(desk.cases()) == before + 1
    browser.type("word", words.split()[0])
    browser.press('form:has([name="word"]) button')
    assert browser.wait("#receipt-confirmed")


def test_the_words_read_the_answer_and_a_follow_up_arrives(world: World, tmp_path: Path) -> None:
    browser, desk = world.browser, world.portal.desks["ecpat"]
    before = {case["id"] for case in desk.cases()}
    browser.open(f"{world.url}/fr/report/other")
    browser.tick("immediate_danger", "no")
    browser.type("narrative", f"{CANARY} à suivre")
    send(browser)
    words = browser.wait("#receipt").text
    world.portal.exchange("ecpat")
    [case] = [case for case in desk.cases() if case["id"] not in before]
    text = tmp_path / "answer"
    text.write_text("Merci. Où était-ce ?", "utf-8")
    desk("reply", case["id"], "--status", "question", "--text-file", text)
    world.portal.exchange("ecpat")

    enter(world, words)
    assert browser.wait("article.reply").get_attribute("data-status") == "question"
    browser.press("article.reply summary")
    assert "Merci. Où était-ce ?" in browser.text("article.reply")
    browser.type("message", "À la gare.")
    browser.press('form:has([name="message"]) button')
    assert browser.wait('[role="status"]')
    world.portal.exchange("ecpat")
    narratives = [message["narrative"] for message in desk.show(case["id"])["messages"]]
    assert narratives == [f"{CANARY} à suivre", "À la gare."]

    browser.press("article.reply form button")
    assert browser.wait('[role="status"]')
    assert not browser.all("article.reply")
