"""A case goes from desk to desk through the pages of both."""

from pathlib import Path

import pytest

from portal.desk import cases, origins, portals
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.session import working
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.web.visiting import Opened, Visitor
from tests.web.browser import Page

CASE = "/case/2026-0001"


class Site:
    """Two desks of one portal, each with its page open; the first has a case, the second only knows the portal."""

    def __init__(self, first: Path, second: Path, portal: PlayedPortal, folder: Path) -> None:
        self.first, self.second = Visitor(Opened(first)).enter(), Visitor(Opened(second)).enter()
        self.portal, self.folder, self.keys = portal, folder, reporter()
        self.say("A hotel.")
        self.portal.waiting.clear()
        self.bring(self.second)

    def say(self, text: str, kind: str = "report") -> None:
        self.portal.file(draft(text, channel="travel", kind=kind), self.keys)  # type: ignore[arg-type]
        self.bring(self.first)

    def bring(self, to: Visitor) -> None:
        opened = to.opened
        with working(opened.door.place, opened.door.keyring(), writing=True) as desk:
            path = self.portal.export(desk=desk.name)
            import_bundle(desk, path, opened.app.extensions["channels"], Trust(self.portal.keys.public_key))

    @property
    def key(self) -> str:
        """The last line of police.pub."""
        return self.first.opened.door.keyring().verify_key.to_base64().decode()

    @property
    def words(self) -> str:
        return " ".join(portals.words(self.first.opened.door.keyring().verify_key).split()[:3])

    @property
    def recipients(self) -> Path:
        return self.second.opened.root / "public" / "stopline.recipients"

    def hand_over(self, name: str = "transfer.age", **more: str) -> Page:
        values = {
            "to": "stopline",
            "recipients": str(self.recipients),
            "other-folder": str(self.folder),
            "file": name,
        } | more
        return self.first.submit(self.first.get(f"{CASE}/transfer").form("/transfer"), values)

    def take(self, name: str = "transfer.age", **more: str) -> Page:
        values = {"path": str(self.folder / name), "key": self.key, "words": self.words} | more
        return self.second.submit(self.second.get("/receive").form("/receive"), values)


@pytest.fixture
def site(root: Path, other_root: Path, portal: PlayedPortal, tmp_path: Path) -> Site:
    return Site(root, other_root, portal, tmp_path)


def test_from_one_page_to_the_other(site: Site) -> None:
    html = site.first.done(site.hand_over()).html
    assert "for the desk stopline alone: 1 item, 1 answer, 0 notes." in html
    assert site.words in html
    assert "Handed to another desk" in site.first.get(CASE).html
    page = site.second.done(site.take())
    assert "Case 2026-0001 is a new case here, from the desk police." in page.html
    assert list(page.find("a", href=CASE))
    html = site.second.get(CASE).html
    assert "from police, where it is case 2026-0001" in html
    assert "A sealed item came in, default at police" in html


def test_what_came_since_is_offered(site: Site) -> None:
    site.first.done(site.hand_over())
    site.second.done(site.take())
    assert "Something came since." not in site.first.get(CASE).html
    site.say("The big one.", "message")
    page = site.first.get(CASE)
    assert "Something came since." in page.html
    form = site.first.get(f"{CASE}/transfer?to=stopline").form("/transfer")
    assert form.values["to"] == "stopline"
    assert "text" not in form.values
    assert "the key that was used last is kept here" in site.first.get(f"{CASE}/transfer").html
    site.first.done(site.hand_over("more.age", recipients=""))
    assert "was here already" in site.second.done(site.take("more.age")).html


def test_pasted_recipients_and_own_words(site: Site) -> None:
    pasted = site.recipients.read_text()
    site.first.done(site.hand_over(recipients=pasted, text="They will look at it."))
    assert "They will look at it." in site.first.get(CASE).html


def test_without_words_the_reporter_is_told_in_ours(site: Site) -> None:
    assert "Your report was passed on to: (its name)." in site.first.get(f"{CASE}/transfer").html
    site.first.done(site.hand_over())
    assert "Your report was passed on to: stopline." in site.first.get(CASE).html


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"recipients": ""}, "sealed nothing to the desk stopline yet"),
        ({"recipients": "age1nothing"}, "What was pasted cannot be used"),
        ({"recipients": "not/whole"}, "is not a whole path"),
        ({"file": ""}, "A place and a name are needed"),
        ({"text": "long " * 30_000}, "too long"),
    ],
)
def test_what_is_wrong_is_said_in_place(site: Site, more: dict[str, str], said: str) -> None:
    page = site.hand_over(**more)
    assert page.status == 409
    assert said in page.alerts
    assert page.form("/transfer").values["to"] == "stopline"
    assert not (site.folder / "transfer.age").exists()


@pytest.mark.parametrize("to", ["police", "no such name"])
def test_a_desk_that_cannot_have_it(site: Site, to: str) -> None:
    page = site.first.done(site.hand_over(to=to))
    assert page.alerts
    assert not (site.folder / "transfer.age").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"words": "abandon abandon abandon"}, "These are not the words of this key"),
        ({"words": ""}, "These are not the words of this key"),
        ({"key": "nonsense"}, "This is not a public key"),
        ({"key": ""}, "The key of the other desk is needed"),
        ({"path": ""}, "No file was chosen"),
        ({"path": "/nowhere/transfer.age"}, "There is no file"),
    ],
)
def test_what_is_not_taken(site: Site, more: dict[str, str], said: str) -> None:
    site.first.done(site.hand_over())
    page = site.take(**more)
    assert page.status == 409
    assert said in page.alerts
    assert site.second.opened.app.extensions["jobs"].last is None
    assert "2026-0001" not in site.second.get("/?show=all").html


def test_the_path_of_the_key_does_as_well(site: Site) -> None:
    site.first.done(site.hand_over())
    key = site.first.opened.root / "public" / "police.pub"
    assert "is a new case here" in site.second.done(site.take(key=str(key))).html


def test_an_upload_is_removed_when_it_was_taken(site: Site) -> None:
    site.first.done(site.hand_over())
    data = (site.folder / "transfer.age").read_bytes()
    form = site.second.get("/receive").form("/receive")
    values = {"key": site.key, "words": site.words}
    page = site.second.done(site.second.submit(form, values, ("transfer", "transfer.age", data)))
    assert "is a new case here" in page.html
    assert list((site.second.opened.root / "incoming").iterdir()) == []


def test_a_report_by_telephone_tells_nobody(site: Site) -> None:
    opened = site.first.opened
    with working(opened.door.place, opened.door.keyring(), writing=True) as desk, desk.casebook.transaction():
        origins.note_source(desk.casebook, cases.find(desk.casebook, "2026-0001"), "phone")
    case = site.first.get(CASE)
    assert not list(case.find("a", href=f"{CASE}/reply"))
    assert "2026-0001" in site.first.get(next(case.find("a", accesskey="a")).attributes["href"]).html
    page = site.first.get(f"{CASE}/transfer")
    assert "The reporter cannot be told" in page.html
    assert "text" not in page.form("/transfer").values
