"""A report on its way from a form to the desks: sent once, with its receipt, and read by the right ones."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from portal.channels import wire_names
from portal.settings import LANGUAGES
from portal.web.app import create_app
from tests.web.browser import Browser, Form, Page
from tests.web.world import CHANNELS, DESKS, WebWorld

_numbers = itertools.count()
NEEDED = {
    "travel": {"immediate_danger": "no", "country": "TH"},
    "grooming": {"immediate_danger": "no", "child_age_band": "unknown"},
    "website": {"immediate_danger": "unsure", "urls": "http://example.onion/a\r\n\r\nhttp://example.org/b"},
    "self": {},
    "other": {"immediate_danger": "no"},
}
"""What each form needs besides the narrative."""


def canary() -> str:
    """A text that nothing else in the portal has."""
    return f"canary {next(_numbers):06}."


def empty(browser: Browser, key: str, language: str = "en") -> Form:
    """The form of a channel as it is first shown."""
    return browser.get(f"/{language}/report/{key}").form(f"report/{key}")


def file(browser: Browser, key: str, text: str, **more: str) -> Page:
    """Send a channel's form with what it needs."""
    return browser.submit(empty(browser, key), {"narrative": text, **NEEDED[key], **more})


@pytest.mark.parametrize("multipart", [False, True])
@pytest.mark.parametrize(("key", "language"), list(zip(CHANNELS, itertools.cycle(LANGUAGES), strict=False)))
def test_every_channel_reaches_its_desks(
    world: WebWorld, browser: Browser, key: str, language: str, multipart: bool
) -> None:
    text = canary()
    form = empty(browser, key, language)
    page = browser.submit(form, {"narrative": text, **NEEDED[key]}, multipart=multipart)
    assert page.status == 200
    words = page.text("receipt")
    assert len(words.split(" ")) == 8
    assert words == " ".join(words.split())
    assert page.successes
    assert not page.alerts
    (found,) = world.found(text)
    assert found.desks == set(DESKS[key])
    assert found.report.language == language
    assert found.report.narrative == text
    assert found.report.keep_from == []
    assert NEEDED[key].keys() <= found.report.answers.keys()


def test_answers_arrive_as_they_were_given(world: WebWorld, browser: Browser) -> None:
    text = canary() + "\r\nSecond line."
    given = {
        "narrative": text,
        "immediate_danger": "yes",
        "signs": ["filming", "alone_in_room"],
        "country": "XK",
        "date_from-month": "7",
        "date_from-year": "1987",
        "date_to-precision": "unknown",
        "child-2-name": "  Mia\t\x00 ",
        "child-2-age_band": "6_12",
        "suspect-1-luxembourg_link": "resident",
        "contact": "words",
        "nothing_of_the_form": "x",
    }
    assert browser.submit(empty(browser, "travel", "fr"), given).status == 200
    (found,) = world.found(text.splitlines()[0])
    assert found.report.narrative == text.replace("\r\n", "\n")
    assert found.report.answers == {
        "immediate_danger": "yes",
        "signs": ["alone_in_room", "filming"],
        "country": "XK",
        "date_from": {"precision": "month", "year": 1987, "month": 7},
        "date_to": {"precision": "unknown"},
        "child": [{"name": "Mia", "age_band": "6_12"}],
        "suspect": [{"luxembourg_link": "resident"}],
        "contact": "words",
    }


def test_attachments_arrive_whole_and_keep_their_names_as_text(world: WebWorld, browser: Browser) -> None:
    text = canary()
    files = [
        ("../../etc/passwd", b"\x00\xff" * 90_000, "image/jpeg"),
        ("a\u202eb.txt", b"", "text/plain; charset=utf-8"),
    ]
    form = empty(browser, "travel")
    assert form.element.attributes["enctype"] == "multipart/form-data"
    page = browser.submit(form, {"narrative": text, **NEEDED["travel"]}, files)
    assert page.status == 200
    (found,) = world.found(text)
    assert found.files == [content for _, content, _ in files]
    assert [(a.type, a.size) for a in found.report.attachments] == [("image/jpeg", 180_000), ("text/plain", 0)]
    assert found.report.attachments[0].name == "passwd"


def test_a_file_field_that_was_left_empty_is_no_file(world: WebWorld, browser: Browser) -> None:
    text = canary()
    values = {"narrative": text, **NEEDED["travel"]}
    assert browser.submit(empty(browser, "travel"), values, [("", b"", "application/octet-stream")]).status == 200
    (found,) = world.found(text)
    assert found.report.attachments == []


def test_the_same_form_twice_is_one_report_with_the_same_words(world: WebWorld, browser: Browser) -> None:
    text = canary()
    form = empty(browser, "self")
    first = browser.submit(form, {"narrative": text})
    again = browser.submit(form, {"narrative": text}, multipart=True)
    assert first.text("receipt") == again.text("receipt")
    assert len(world.found(text)) == 1
    more = browser.submit(form, {"narrative": text + " And more."})
    assert more.text("receipt") == first.text("receipt")
    one, two = world.found(text)
    assert one.report.locator == two.report.locator
    assert file(browser, "self", canary()).text("receipt") != first.text("receipt")


def test_sending_leaves_the_form_in_the_browsers_cache(browser: Browser) -> None:
    """A POST to the page's own address would make a browser fetch the form anew on Back, with another ticket."""
    page = browser.get("/en/report/self")
    assert page.form("report/self").action.endswith("?sent")


def test_the_same_form_at_the_same_instant(world: WebWorld, browser: Browser) -> None:
    text = canary()
    form = empty(browser, "self")
    twins = [browser.twin() for _ in range(4)]
    with ThreadPoolExecutor(len(twins)) as pool:
        pages = list(pool.map(lambda twin: twin.submit(form, {"narrative": text}), twins))
    assert {page.status for page in pages} == {200}
    assert len({page.text("receipt") for page in pages}) == 1
    assert len(world.found(text)) == 1


def test_a_desk_that_is_kept_out_cannot_read_it(world: WebWorld, browser: Browser) -> None:
    text = canary()
    assert file(browser, "self", text, keep_from="police").status == 200
    (found,) = world.found(text)
    assert found.desks == {"ecpat"}
    assert found.report.keep_from == ["police"]


def test_nobody_left_to_read_names_independent_bodies(world: WebWorld, browser: Browser) -> None:
    text = canary()
    form = empty(browser, "self")
    assert "Ombudsman" in browser.get("/en/report/self").text("keep_from")
    page = browser.submit(form, {"narrative": text, "keep_from": ["police", "ecpat"]})
    assert page.status == 400
    assert "Ombudsman" in page.alerts
    assert page.form("report/self").values.getlist("keep_from") == ["police", "ecpat"]
    assert world.found(text) == []


def test_the_fallback_reads_what_is_kept_from_all_others(other_world: WebWorld) -> None:
    world = WebWorld(other_world.folder.parent / "second", fallback="ecpat")
    browser = Browser(world.app)
    text = canary()
    assert "ECPAT Luxembourg reads it" in browser.get("/en/report/travel").html
    assert file(browser, "travel", text, keep_from="police").status == 200
    (found,) = world.found(text)
    assert found.desks == {"ecpat"}
    world.store.close()


class TestReceipt:
    """The page with the words, and the two ways on from it."""

    def test_one_word_confirms(self, browser: Browser) -> None:
        earlier = ""
        for change in (str, lambda word: word.upper()[:4], " {} ".format):
            page = file(browser, "self", canary())
            words = page.text("receipt")
            assert words != earlier, "who confirmed is done; the next report here is another's"
            confirmed = browser.submit(page.form("report/self", "word"), {"word": change(words.split()[4])})
            assert confirmed.status == 200
            assert confirmed.by_id("receipt-confirmed")
            assert confirmed.successes
            assert not confirmed.by_id("receipt")
            earlier = words

    def test_no_value_of_a_button_is_needed(self, browser: Browser) -> None:
        page = file(browser, "self", canary())
        assert not [button for button in page.find("button") if "name" in button.attributes]

    def test_a_wrong_word_shows_them_again(self, browser: Browser) -> None:
        page = file(browser, "self", canary())
        for typed in ("nonsense", "", "  "):
            again = browser.submit(page.form("report/self", "word"), {"word": typed})
            assert again.status == 400
            assert again.text("receipt") == page.text("receipt")
            assert "not one of the eight words" in again.alerts
            assert "nonsense" not in again.html

    def test_both_ways_have_the_same_weight(self, browser: Browser) -> None:
        page = file(browser, "self", canary())
        forms = [form for form in page.forms() if form.action.endswith("report/self?sent")]
        assert len(forms) == 2
        buttons = [[b for b in page.find("button") if form.element in b.within] for form in forms]
        assert [len(found) for found in buttons] == [1, 1]
        assert buttons[0][0].attributes == buttons[1][0].attributes
        assert forms[0].element.attributes["class"] == forms[1].element.attributes["class"]

    def test_not_safe_makes_the_words_unreachable(self, world: WebWorld, browser: Browser) -> None:
        text = canary()
        form = empty(browser, "self")
        page = browser.submit(form, {"narrative": text})
        words = page.text("receipt").split()
        gone = browser.submit(page.form("report/self", "not_safe"))
        assert gone.by_id("receipt-confirmed")
        assert "c=" in gone.headers["Set-Cookie"]
        # Back, and reload of each page that came before.
        reloads = [
            browser.submit(form, {"narrative": text}),
            browser.submit(page.form("report/self", "not_safe")),
            browser.submit(page.form("report/self", "word"), {"word": words[0]}),
        ]
        for reloaded in (gone, *reloads):
            assert not reloaded.by_id("receipt")
            assert sum(word in reloaded.html.split() for word in words) <= 2
        assert [reloaded.status for reloaded in reloads] == [403, 200, 200]
        for reloaded in reloads[1:]:
            assert reloaded.successes == "Your report has been sent. The words are no longer shown here."
            assert not reloaded.alerts
            assert not reloaded.by_id("receipt-confirmed")
        assert len(world.found(text)) == 1

    def test_a_confirmed_page_that_is_loaded_again(self, browser: Browser) -> None:
        page = file(browser, "self", canary())
        words = page.text("receipt").split()
        assert browser.submit(page.form("report/self", "word"), {"word": words[0]}).by_id("receipt-confirmed")
        again = browser.submit(page.form("report/self", "word"), {"word": words[0]})
        assert (again.status, again.alerts) == (200, "")
        assert again.successes == "Your report has been sent. The words are no longer shown here."

    def test_a_forged_confirmation_learns_nothing(self, world: WebWorld, browser: Browser) -> None:
        form = file(browser, "self", canary()).form("report/self", "word")
        stranger = Browser(world.app)
        stranger.get("/en/report/self")
        forged = {"csrf_token": "x", "ticket": "x", "filed": "x", "word": "x"}
        assert stranger.submit(form).content == stranger.submit(form, forged).content

    @pytest.mark.parametrize("answer", ["word", "not_safe"])
    def test_the_form_and_its_confirmation_at_once(self, world: WebWorld, browser: Browser, answer: str) -> None:
        form, text = empty(browser, "self"), canary()
        words = browser.submit(form, {"narrative": text}).text("receipt").split()
        wrong = browser.submit(form, {"narrative": text, "word": "nonsense"})
        assert (wrong.status, wrong.text("receipt").split()) == (400, words)
        assert browser.submit(form, {"narrative": text, answer: words[7]}).by_id("receipt-confirmed")
        assert len(world.found(text)) == 1

    @pytest.mark.parametrize("answer", ["word", "not_safe"])
    def test_a_confirmation_without_form_or_proof(self, browser: Browser, answer: str) -> None:
        form = empty(browser, "self")
        sent = {name: form.values[name] for name in ("csrf_token", "ticket", "our-address", "pad")} | {answer: "x"}
        page = browser.post(form.action, sent)
        assert (page.status, page.alerts) == (200, "")
        assert page.successes.startswith("As far as this page knows, your report has been sent.")
        assert not page.by_id("receipt")
        for field in ("csrf_token", "ticket"):
            refused = browser.post(form.action, sent | {field: "x"})
            assert refused.status == 403
            assert "Nothing has been sent" not in refused.html

    def test_it_says_first_that_the_report_is_sent(self, browser: Browser) -> None:
        page = file(browser, "travel", canary())
        (status,) = page.find(role="status")
        assert status.text.split("\n")[1:3] == [
            "Your report has been sent.",
            "We act on it even if you never come back.",
        ]
        assert page.elements.index(status) < page.elements.index(next(page.find(id="receipt")))

    def test_the_words_are_in_the_list_of_the_page(self, browser: Browser) -> None:
        for language, spoken in (("en", "en"), ("fr", "fr"), ("de", "en")):
            page = browser.submit(empty(browser, "self", language), {"narrative": canary()})
            (receipt,) = page.find(id="receipt")
            assert receipt.attributes["lang"] == spoken

    def test_days_are_promised_only_if_every_desk_said_so(self, other_world: WebWorld) -> None:
        browser = Browser(other_world.app)
        assert "Somebody reads your report within" not in file(browser, "self", canary()).html
        desks = other_world.settings.desks
        police = {"police": msgspec.structs.replace(desks["police"], days_to_read=3)}
        other_world.with_settings(desks=desks | police)
        assert "within 3 days" in file(Browser(other_world.app), "travel", canary()).html
        assert "Somebody reads your report within" not in file(Browser(other_world.app), "self", canary()).html


class TestForm:
    """The form as it is first shown."""

    @pytest.mark.parametrize("key", CHANNELS)
    def test_help_comes_first(self, browser: Browser, key: str) -> None:
        page = browser.get(f"/en/report/{key}")
        order = page.elements.index
        assert order(next(page.find("section"))) < order(next(page.find("form")))
        assert ">113<" in page.html
        first = next(element for element in page.elements if any(outer.tag == "main" for outer in element.within))
        assert (first.text == "Did it happen to you? There is a shorter form for you.") == (key != "self")

    @pytest.mark.parametrize("key", CHANNELS)
    def test_required_fields_say_so(self, browser: Browser, world: WebWorld, key: str) -> None:
        page = browser.get(f"/en/report/{key}")
        required = {element.attributes["name"] for element in page.elements if "required" in element.attributes}
        assert required == {question.key for question in world.intake.channels[key].questions() if question.required}

    @pytest.mark.parametrize("key", CHANNELS)
    def test_files_can_be_chosen_only_where_the_police_read(self, browser: Browser, key: str) -> None:
        page = browser.get(f"/en/report/{key}")
        inputs = list(page.find("input", type="file"))
        assert bool(inputs) == (key in ("travel", "grooming"))
        if inputs:
            order = page.html.index
            assert order("Never send a picture or film") < order("about 15 minutes for 200 MB") < order('type="file"')
            assert inputs[0].attributes["name"] == "attachment"
            assert "multiple" in inputs[0].attributes

    @pytest.mark.parametrize("key", CHANNELS)
    def test_its_fields_are_those_of_the_channel(self, browser: Browser, world: WebWorld, key: str) -> None:
        page = browser.get(f"/en/report/{key}")
        names = {element.attributes["name"] for element in page.elements if "name" in element.attributes}
        asked = {name for question in world.intake.channels[key].questions() for name in wire_names(question)}
        ours = {"viewport", "referrer", "csrf_token", "our-address", "pad", "ticket", "keep_from"}
        assert names - {"attachment"} == asked | ours
        offered = [box.attributes["value"] for box in page.find("input", name="keep_from")]
        assert offered == list(DESKS[key])

    def test_nothing_is_chosen_but_that_nobody_is_contacted(self, browser: Browser) -> None:
        values = empty(browser, "travel").values
        chosen = {name for name, value in values.items() if value} - {"csrf_token", "our-address", "pad", "ticket"}
        assert {name: values[name] for name in chosen} == {"contact": "none"}

    def test_each_form_has_its_own_ticket(self, browser: Browser) -> None:
        assert empty(browser, "self").values["ticket"] != empty(browser, "self").values["ticket"]

    def test_without_help_lines(self, world: WebWorld) -> None:
        browser = Browser(create_app(world.site(helplines={})))
        for page in (browser.get("/en/"), browser.get("/en/report/self"), file(browser, "self", canary())):
            assert page.status == 200
            assert ">113<" not in page.html
