"""What a visitor meets where a desk's key is past its date, and what the page on keys says of a roster."""

from collections.abc import Callable

import minisign
import pytest

from portal import bundle, roster
from portal.desks import KeysFolder
from portal.web.app import create_app
from tests import test_roster
from tests.web.browser import Browser
from tests.web.test_given_back import PICTURE, check_kept
from tests.web.test_report import NEEDED, canary, empty
from tests.web.world import WebWorld

COORDINATION = minisign.KeyPair.generate()
Until = Callable[[str], Browser]


@pytest.fixture
def until(other_world: WebWorld) -> Until:
    """Call it with the last day of the police's key, to get a visitor on 25 November 2026."""

    def made(last: str) -> Browser:
        keys = other_world.settings.keys
        desks = [
            test_roster.entry(
                desk.name,
                desk.signing.public_key.to_base64().decode(),
                (str(desk.identity.recipient), "2025-01-01", last if desk.name == "police" else "2027-01-01"),
            )
            for desk in other_world.desks.values()
        ]
        test_roster.sign(keys, test_roster.HEAD.format(number=1) + "".join(desks), COORDINATION.secret_key)
        trust = roster.Trust(COORDINATION.public_key, other_world.folder / roster.NEWEST)
        other_world.keys = KeysFolder(keys, other_world.desks, trust)
        other_world.intake = other_world.another_process()
        other_world.app = create_app(other_world.site())
        return Browser(other_world.app)

    return made


def test_past_its_date_everything_goes_on(until: Until, other_world: WebWorld) -> None:
    browser = until("2026-11-01")
    text = canary()
    page = browser.submit(empty(browser, "travel"), {"narrative": text, **NEEDED["travel"]}, [PICTURE])
    assert page.by_id("receipt")
    assert other_world.found(text)[0].files == [PICTURE[1]]


def test_long_past_its_date_files_are_refused_and_text_is_not(until: Until, other_world: WebWorld) -> None:
    browser = until("2026-09-01")
    shown = browser.get("/en/report/travel")
    assert "The portal takes no files right now. Everything else can be sent." in shown.html
    assert not list(shown.find("input", type="file"))
    sent = {"narrative": canary(), **NEEDED["travel"]}
    # The page was open since before, or the browser is not a browser.
    page = browser.submit(empty(browser, "travel"), sent, [PICTURE])
    assert page.status == 403
    assert "The portal takes no files right now" in page.alerts
    check_kept(page, "travel", sent)
    assert other_world.found(sent["narrative"]) == []
    assert browser.submit(page.form("report/travel")).by_id("receipt")
    assert other_world.found(sent["narrative"])[0].files == []


def test_another_desks_old_key_is_nobody_elses_matter(until: Until) -> None:
    browser = until("2026-09-01")
    page = browser.submit(empty(browser, "other"), {"narrative": canary(), **NEEDED["other"]})
    assert page.by_id("receipt")


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", "used from 1 January 2025 to 1 September 2026"),
        ("fr", "utilisée du 1 janvier 2025 au 1 septembre 2026"),
        ("de", "verwendet vom 1. Januar 2025 bis 1. September 2026"),
    ],
)
def test_the_page_on_keys(until: Until, other_world: WebWorld, language: str, days: str) -> None:
    page = until("2026-09-01").get(f"/{language}/help/keys")
    desk = other_world.desks["police"]
    assert " ".join(bundle.recipient_fingerprint(desk.identity.recipient)) in page.html
    assert " ".join(bundle.fingerprint(desk.signing.public_key)) in page.html
    assert days in page.html.replace("\u202f", " ").replace("\u00a0", " ")
