"""What a caseworker does on the page, from the import of a bundle to the erasing of a case."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from portal.desk import cases, custody, preferences, staff, templating
from portal.desk.acts import Act
from portal.desk.cases import Answer
from portal.desk.referring import remembering
from portal.desk.replies import reply
from portal.desk.session import working
from portal.desk.web import places, wording
from portal.receipt import ThreadKeys
from portal.report import STATUSES
from tests.desk.played import TRAVEL, PlayedPortal, draft, reporter
from tests.desk.web.visiting import Opened, Visitor
from tests.web.browser import Page

EVIL = '<script>alert(1)</script> http://evil.example/x \u202e \x1b[31m "quoted" & more'
FILE = b"\xff\xd8\xff\xe0 not really a picture"


@pytest.fixture
def keys() -> ThreadKeys:
    return reporter()


@pytest.fixture
def filled(visitor: Visitor, portal: PlayedPortal, keys: ThreadKeys) -> Visitor:
    """A desk into which one urgent report with a file, and one of a website, were imported through the page."""
    travel = draft(
        EVIL,
        channel="travel",
        files=[FILE],
        name='"><b>name',
        answers={"immediate_danger": "yes", "city": "Pattaya <b>"},
    )
    portal.file(travel, keys, [FILE])
    portal.file(draft("A second one."))
    import_(visitor, portal)
    return visitor


def import_(visitor: Visitor, portal: PlayedPortal) -> Page:
    key = portal.keys.public_key
    from portal.desk.portals import words

    values = {
        "path": str(portal.export()),
        "portal-key": key.to_base64().decode(),
        "portal-words": " ".join(words(key).split()[:3]),
    }
    return visitor.done(visitor.submit(visitor.get("/import").form("/import"), values))


def urgent(visitor: Visitor) -> str:
    with working(visitor.opened.door.place, visitor.opened.door.keyring()) as desk:
        return next(case.name for case in cases.listed(desk.casebook) if case.urgent)


def acts(opened: Opened) -> list[str]:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return [record.entry.act for record in custody.records(desk.casebook)]


def answers(opened: Opened, name: str) -> list[Answer]:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return cases.answers(desk.casebook, cases.find(desk.casebook, name))


def pages(name: str) -> Iterator[str]:
    yield from (
        "/",
        "/?show=all&sort=newest&channel=website",
        "/search",
        "/import",
        "/pack",
        "/referrals",
        "/authorities",
    )
    yield from (
        "/statistics",
        "/more",
        "/due",
        "/verify",
        "/person",
        "/settings",
        "/backups",
        "/add",
        "/handover",
        "/several",
        "/people",
        "/portals",
        "/receive",
        "/job",
        "/nothing",
    )
    rests = ("", "/reply", "/note", "/merge", "/refer", "/transfer", "/keep", "/attachment/1")
    yield from (f"/case/{name}{rest}" for rest in rests)


class TestEveryPage:
    def test_is_sound(self, filled: Visitor) -> None:
        for path in pages(urgent(filled)):
            page = filled.get(path)
            assert page.status in (200, 404), path
            assert not page.problems, path
            ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
            assert len(set(ids)) == len(ids), path
            assert len(list(page.find("h1"))) == 1, path
            assert not list(page.find("script")), path
            for element in page.elements:
                assert not any(name.startswith("on") or name == "style" for name in element.attributes), path
                for name in ("href", "src", "action", "formaction"):
                    assert element.attributes.get(name, "/").startswith(("/", "#", "data:,")), path

    def test_reading_changes_nothing_but_who_has_looked(self, filled: Visitor) -> None:
        before = acts(filled.opened)
        for _ in range(2):
            for path in pages(urgent(filled)):
                filled.get(path)
        assert acts(filled.opened) == [*before, "viewed", "viewed"], "the case, and its attachment"


class TestImport:
    def test_what_came_is_told(self, visitor: Visitor, portal: PlayedPortal) -> None:
        portal.file(draft("One."))
        page = import_(visitor, portal)
        assert "1 new case" in page.html
        assert list(page.find("a", href="/case/2026-0001"))
        again = visitor.done(visitor.submit(visitor.get("/import").form("/import"), {"path": str(portal.export())}))
        assert "1 already here" in again.html

    def test_a_file_that_is_handed_over(self, visitor: Visitor, portal: PlayedPortal) -> None:
        portal.file(draft("One."))
        import_(visitor, portal)
        portal.file(draft("Two."))
        bundle = portal.export().read_bytes()
        form = visitor.get("/import").form("/import")
        page = visitor.done(visitor.submit(form, file=("bundle", "bundle.tar", bundle)))
        assert "1 new case" in page.html
        assert not list((visitor.opened.root / "incoming").glob("*"))

    def test_words_that_are_not_those_of_the_key(self, visitor: Visitor, portal: PlayedPortal) -> None:
        portal.file(draft("One."))
        values = {"path": str(portal.export()), "portal-key": portal.keys.public_key.to_base64().decode()}
        page = visitor.submit(visitor.get("/import").form("/import"), values | {"portal-words": "not these words"})
        assert page.status == 409
        assert "not the words of this key" in page.alerts
        assert page.form("/import").values["portal-words"] == "not these words"

    def test_a_picture_chosen_by_mistake(self, visitor: Visitor) -> None:
        page = visitor.submit(visitor.get("/import").form("/import"), file=("bundle", "photo.jpg", FILE * 1000))
        assert page.status == 409
        assert "neither a bundle of a portal nor a sealed item" in page.html
        assert not (visitor.opened.root / "incoming").exists()

    def test_a_stranger(self, filled: Visitor, portal: PlayedPortal, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        other = PlayedPortal(portal.recipients, tmp_path / "other")
        page = filled.done(filled.submit(filled.get("/import").form("/import"), {"path": str(other.export())}))
        assert "not signed by the portal" in page.alerts


class TestCase:
    def test_narratives_are_folded_under_a_neutral_line(self, filled: Visitor) -> None:
        page = filled.get(f"/case/{urgent(filled)}")
        summaries = [element.text for element in page.find("summary")]
        assert any("Report in English, a few words, 1 attachment" in text for text in summaries)
        assert not any("alert" in text for text in summaries)
        assert all("open" not in element.attributes for element in page.find("details"))

    def test_what_a_reporter_wrote_is_inert(self, filled: Visitor) -> None:
        page = filled.get(f"/case/{urgent(filled)}")
        assert "<script>" not in page.html
        assert "http://evil" not in page.html
        assert "hxxp://evil[.]example/x &lt;U+202E&gt;" in page.html
        assert "\u202e" not in page.html
        assert "\x1b" not in page.html

    def test_one_that_is_not_there(self, filled: Visitor) -> None:
        assert "no case with this number" in filled.get("/case/2020-0001").html


class TestAnswer:
    def test_looked_at_then_sealed(self, filled: Visitor) -> None:
        name = urgent(filled)
        form = filled.get(f"/case/{name}/reply").form("/reply")
        page = filled.submit(form, {"status": "question", "text": "Which hotel?\r\n<b>Where?</b>"})
        assert "Which hotel?\n&lt;b&gt;Where?&lt;/b&gt;" in page.html
        assert answers(filled.opened, name) == []
        page = filled.follow(filled.submit(page.form("/reply"), {"step": "send"}))
        assert "Waits for the next pack" in page.html
        assert "Question to the reporter" in page.html
        (answer,) = answers(filled.opened, name)
        assert (answer.reply.status, answer.reply.text) == ("question", "Which hotel?\n<b>Where?</b>")

    def test_the_desks_text_for_a_status(self, filled: Visitor) -> None:
        form = filled.get(f"/case/{urgent(filled)}/reply").form("/reply")
        page = filled.submit(form, {"status": "closed", "text": "Goodbye.", "step": "template"})
        text = page.form("/reply").values["text"]
        assert text.replace("\r", "") == templating.shipped()["closed"]["en"] + "\n\nGoodbye."
        assert page.form("/reply").values["status"] == "closed"

    def test_somebody_of_the_desk_is_named(self, filled: Visitor) -> None:
        door = filled.opened.door
        with working(door.place, door.keyring(), writing=True) as opened:
            preferences.put(opened, staff.KEY, [staff.Staff("Ana Alves")])
        form = filled.get(f"/case/{urgent(filled)}/reply").form("/reply")
        page = filled.submit(form, {"status": "closed", "text": "Ask for Ana."})
        assert "the text names people of this desk" in page.html
        assert "a name of Ana Alves" in page.html

    def test_it_can_be_changed_after_a_look(self, filled: Visitor) -> None:
        form = filled.get(f"/case/{urgent(filled)}/reply").form("/reply")
        page = filled.submit(form, {"status": "closed", "text": "Thank yuo."})
        page = filled.submit(page.form("/reply/change"))
        assert page.form("/reply").values["text"] == "Thank yuo."
        assert page.form("/reply").values["status"] == "closed"

    @pytest.mark.parametrize(
        "values", [{"text": "x" * 4001}, {"status": "nonsense"}, {"follow-up": "Not A Desk", "step": "send"}]
    )
    def test_what_is_wrong_is_said_and_kept(self, filled: Visitor, values: dict[str, str]) -> None:
        form = filled.get(f"/case/{urgent(filled)}/reply").form("/reply")
        page = filled.submit(form, {"text": "Kept.", **values})
        assert page.status == 409
        assert page.alerts
        assert page.form("/reply").values["text"] == values.get("text", "Kept.")
        assert answers(filled.opened, urgent(filled)) == []

    def test_every_status_has_plain_words(self, filled: Visitor) -> None:
        page = filled.get(f"/case/{urgent(filled)}/reply")
        options = {option.attributes["value"]: option.text for option in page.find("option")}
        assert all(options[key] and options[key] != key for key in STATUSES)
        assert set(STATUSES) == set(wording.NEXT) == set(wording.SHAPE)
        assert set(get_args(Act)) == set(wording.ACT)

    def test_pack(self, filled: Visitor, portal: PlayedPortal, tmp_path: Path) -> None:
        form = filled.get(f"/case/{urgent(filled)}/reply").form("/reply")
        filled.submit(form, {"status": "closed", "text": "Thank you.", "step": "send"})
        values = {"other-folder": str(tmp_path), "file": "pack.tar"}
        page = filled.done(filled.submit(filled.get("/pack").form("/pack"), values))
        assert "2 items that arrived, and brings 1 answer" in page.html
        assert len(portal.take(tmp_path / "pack.tar", filled.opened.door.keyring().verify_key)[1]) == 1
        assert "In pack 1" in filled.get(f"/case/{urgent(filled)}").html
        page = filled.done(filled.submit(filled.get("/pack").form("/pack"), values))
        assert "exists already" in page.alerts


class TestAttachment:
    def path(self, visitor: Visitor) -> str:
        return f"/case/{urgent(visitor)}/attachment/1"

    def test_what_it_is(self, filled: Visitor) -> None:
        page = filled.get(self.path(filled))
        assert "image/jpeg" in page.html
        assert "<b>name" not in page.html
        assert not list(page.find("img"))

    def test_it_is_taken_out_after_the_warning_was_read(self, filled: Visitor, tmp_path: Path) -> None:
        form = filled.get(self.path(filled)).form("/extract")
        values = {"other-folder": str(tmp_path), "file": "photo"}
        page = filled.submit(form, values)
        assert "confirm that you have read the warning" in page.alerts
        assert not (tmp_path / "photo").exists()
        page = filled.submit(form, values | {"understood": "yes"})
        assert "is in" in page.successes
        assert (tmp_path / "photo").read_bytes() == FILE
        assert acts(filled.opened)[-1] == "extracted"

    def test_a_folder_is_a_folder(self, filled: Visitor, tmp_path: Path) -> None:
        form = filled.get(self.path(filled)).form("/extract")
        for values in ({"file": "../photo"}, {"file": ""}, {"other-folder": "relative"}):
            sent = {"other-folder": str(tmp_path), "file": "photo", "understood": "yes"} | values
            assert filled.submit(form, sent).status == 409
        assert acts(filled.opened)[-1] != "extracted"

    def test_sealed_to_an_authority_and_gone(self, filled: Visitor, tmp_path: Path) -> None:
        form = filled.get("/authorities").form("/authorities", "title")
        recipient = str(filled.opened.door.keyring().recipient)
        filled.submit(form, {"name": "parquet", "title": "Parquet <Luxembourg>", "recipient": recipient})
        form = filled.get(self.path(filled)).form("/seal")
        page = filled.submit(form, {"other-folder": str(tmp_path), "file": "sealed.age", "sure": "yes"})
        assert "erased here" in page.successes, page.alerts + page.html[-2500:]
        assert "It is not here any more" in page.html
        assert (tmp_path / "sealed.age").exists()
        assert acts(filled.opened)[-1] == "attachment-sealed"


def test_refer(filled: Visitor, tmp_path: Path) -> None:
    form = filled.get(f"/case/{urgent(filled)}/refer").form("/refer")
    page = filled.submit(form, {"other-folder": str(tmp_path), "file": "referral", "format": ["json", "urls"]})
    assert "is in" in page.successes
    assert json.loads((tmp_path / "referral" / "referral.json").read_text())["case"] == urgent(filled)
    with working(filled.opened.door.place, filled.opened.door.keyring()) as desk:
        (made,) = remembering.listed(desk.casebook)
    assert made.sha256.hex() in page.html
    assert made.sha256.hex() in filled.get("/referrals").html
    page = filled.submit(form, {"other-folder": str(tmp_path), "file": "referral", "format": ["json"]})
    assert "exists already" in page.alerts
    assert page.form("/refer").values.getlist("format") == ["json"]


class TestFigures:
    def test_tables_and_charts(self, filled: Visitor) -> None:
        page = filled.get("/statistics")
        sources = [image.attributes["src"] for image in page.find("img")]
        assert sources
        for source in sources:
            chart = filled.get(source.replace("&amp;", "&"))
            assert chart.headers["Content-Type"].startswith("image/svg+xml")
            assert chart.html.startswith("<?xml")
        assert filled.get("/statistics/chart/nonsense.svg").status == 404

    @pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbftable"), ("json", b"["), ("pdf", b"%PDF")])
    def test_into_a_file(self, filled: Visitor, tmp_path: Path, kind: str, start: bytes) -> None:
        form = filled.get("/statistics").form("/statistics", "kind")
        page = filled.submit(form, {"kind": kind, "other-folder": str(tmp_path), "file": "out"})
        assert "complete, for the desk only" in page.successes
        assert (
            (tmp_path / "out")
            .read_bytes()
            .removeprefix(b"\xef\xbb\xbf")
            .startswith(start.removeprefix(b"\xef\xbb\xbf"))
        )

    def test_no_month(self, filled: Visitor) -> None:
        page = filled.get("/statistics?from=2026-13")
        assert page.alerts


class TestKeeping:
    def test_erased_after_a_word(self, filled: Visitor) -> None:
        name = urgent(filled)
        page = filled.submit(filled.get(f"/case/{name}/keep").form("/purge"), {"case": name})
        assert "cannot be taken back" in page.html
        assert "type the word erase" in filled.submit(page.form("/purge/done"), {"word": "no"}).alerts
        page = filled.submit(page.form("/purge/done"), {"word": "erase"})
        assert f"Erased: {name}" in page.successes
        assert "no case with this number" in filled.get(f"/case/{name}").html

    def test_held(self, filled: Visitor) -> None:
        name = urgent(filled)
        page = filled.follow(
            filled.submit(filled.get(f"/case/{name}/keep").form("/hold"), {"reason": "A <b>court</b>"})
        )
        assert "A &lt;b&gt;court&lt;/b&gt;" in page.html
        token = {"csrf_token": filled.opened.door.csrf_token(), "case": name}
        assert filled.post("/purge", token).status == 409
        page = filled.follow(filled.submit(page.form("/release")))
        assert list(page.forms())
        assert acts(filled.opened)[-2:] == ["held", "released"]

    def test_nothing_chosen(self, filled: Visitor) -> None:
        page = filled.post("/purge", {"csrf_token": filled.opened.door.csrf_token()})
        assert "No case was chosen" in page.html


def test_proof(filled: Visitor) -> None:
    page = filled.done(filled.submit(filled.get("/verify").form("/verify")))
    assert "Whole: nothing was changed." in page.html
    item = next((filled.opened.root / "sealed").iterdir())
    item.write_bytes(item.read_bytes()[:-1] + b"x")
    page = filled.done(filled.submit(filled.get("/verify").form("/verify")))
    assert page.alerts
    assert filled.submit(filled.get("/verify").form("/verify"), {"head": "nonsense"}).status == 409


def test_requests_of_a_person(filled: Visitor) -> None:
    page = filled.submit(filled.get("/person").form("/person"), {"name": "second"})
    form = page.form("/person/decide")
    (name,) = {box.attributes["value"] for box in page.find("input", name="case")}
    page = filled.submit(form, {"case": name, "decision": "restriction", "note": "Asked by letter."})
    assert f"Recorded for {name}" in page.successes
    assert acts(filled.opened)[-2:] == ["request-decided", "restricted"]
    page = filled.submit(filled.get("/person").form("/person"), {"name": "second"})
    assert [tag.text for tag in page.find("span", class_="tag")] == ["Restricted"]
    assert "Not looked through" not in page.html


def test_contact_data_that_were_erased_are_not_looked_through(visitor: Visitor, portal: PlayedPortal) -> None:
    contact = {**TRAVEL, "contact": "details", "contact_name": "Maria Weiss", "contact_email": "m@post.example"}
    portal.file(draft("A hotel.", channel="travel", answers=contact))
    import_(visitor, portal)
    with working(visitor.opened.door.place, visitor.opened.door.keyring(), writing=True) as desk:
        (case,) = cases.listed(desk.casebook)
        reply(desk, case, "closed", "", ["police"], desk.today)
    page = visitor.submit(visitor.get("/person").form("/person"), {"name": "Weiss"})
    assert "Nobody of this name is mentioned." in page.html
    assert "Not looked through" in page.html
    assert list(page.find("a", href=f"/case/{case.name}"))


def test_settings(filled: Visitor) -> None:
    form = next(form for form in filled.get("/settings").forms() if form.values.get("key") == "retention")
    page = filled.submit(form, {"value": "not json"})
    assert page.status == 409
    assert page.alerts
    filled.follow(filled.submit(form, {"value": '{"controller":"Us","regime":"gdpr"}'}))
    assert "Us" in filled.get("/settings").html
    assert acts(filled.opened)[-1] == "settings-changed"


def test_another_command_at_work(filled: Visitor) -> None:
    """What was typed is given back, with a button that sends it again."""
    form = filled.get(f"/case/{urgent(filled)}/keep").form("/hold")
    with filled.opened.door.place.lock():
        page = filled.submit(form, {"reason": "Kept words"})
    assert page.status == 409
    assert "Another command works" in page.alerts
    page = filled.follow(filled.submit(page.form("/hold")))
    assert "Kept words" in page.html


def test_places_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portal: PlayedPortal) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Desktop").mkdir()
    (tmp_path / "Desktop" / "clear.tar").write_bytes(b"not a bundle" * 100)
    (tmp_path / "Desktop" / "bundle.tar").write_bytes(portal.export().read_bytes())
    assert [file.path.name for file in places.importable() if file.place == "Desktop"] == ["bundle.tar"]


class TestBackups:
    def test_made_and_read_back(self, filled: Visitor, tmp_path: Path) -> None:
        (tmp_path / "stick").mkdir()
        recipient = str(filled.opened.door.keyring().recipient)
        form = filled.get("/backups").form("/backups/place", "recipients")
        filled.follow(filled.submit(form, {"other-folder": str(tmp_path / "stick"), "recipients": recipient}))
        page = filled.done(filled.submit(filled.get("/backups").form("/backups")))
        assert "read back and found whole" in page.html
        (made,) = (tmp_path / "stick").iterdir()
        assert made.name in filled.get("/backups").html

    def test_what_is_wrong_is_said_and_kept(self, filled: Visitor) -> None:
        form = filled.get("/backups").form("/backups/place", "recipients")
        page = filled.submit(form, {"other-folder": "/no/such/folder", "recipients": "age1nonsense"})
        assert page.status == 409
        assert page.form("/backups/place", "recipients").values["recipients"] == "age1nonsense"


class TestAdd:
    def test_a_call(self, visitor: Visitor) -> None:
        form = visitor.get("/add").form("/add")
        said = {"channel": "website", "immediate_danger": "yes", "text": EVIL, "urls": "http://evil.example/a\r\n"}
        page = visitor.follow(visitor.submit(form, said))
        assert "It came by telephone." in page.html
        assert "! Urgent" in page.html
        assert acts(visitor.opened)[-2:] == ["added", "viewed"]

    @pytest.mark.parametrize("values", [{"received": "yesterday"}, {"channel": "nonsense"}, {"source": "nonsense"}])
    def test_what_is_wrong_is_said_and_kept(self, visitor: Visitor, values: dict[str, str]) -> None:
        page = visitor.submit(visitor.get("/add").form("/add"), {"channel": "other", "text": "Kept.", **values})
        assert page.status == 409
        assert page.alerts
        assert page.form("/add").values["text"] == "Kept."
