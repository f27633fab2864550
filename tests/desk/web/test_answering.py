"""An answer on the page: looked at once more, sealed, and withdrawn."""

from pathlib import Path
from typing import get_args

import pytest

from portal.desk import cases, preferences, staff, templating
from portal.desk.acts import Act
from portal.desk.session import working
from portal.desk.web import wording
from portal.report import STATUSES
from tests.desk.played import TRAVEL, PlayedPortal, draft
from tests.desk.web.filled import answers, import_, urgent
from tests.desk.web.visiting import Opened, Visitor


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


def status(opened: Opened, name: str) -> str:
    with working(opened.door.place, opened.door.keyring()) as desk:
        return cases.find(desk.casebook, name).status


class TestWithdraw:
    def send(self, filled: Visitor, status: str) -> str:
        name = urgent(filled)
        form = filled.get(f"/case/{name}/reply").form("/reply")
        filled.follow(filled.submit(form, {"status": status, "text": "Wrongly <b>.", "step": "send"}))
        return name

    def test_asked_first(self, filled: Visitor) -> None:
        name = self.send(filled, "closed")
        (link,) = [link for link in filled.get(f"/case/{name}").find("a") if link.text == "Withdraw this answer"]
        page = filled.get(link.attributes["href"])
        assert "Wrongly &lt;b&gt;." in page.html
        assert "contact data" not in page.html
        assert status(filled.opened, name) == "closed"
        page = filled.follow(filled.submit(page.form("/withdraw/1")))
        assert "The answer is withdrawn" in page.successes
        assert status(filled.opened, name) == "received"
        assert "Withdraw this answer" not in page.html
        again = filled.post(link.attributes["href"], {"csrf_token": filled.opened.door.csrf_token()})
        assert (again.status, "has no answer 1" in again.html) == (409, True)

    def test_contact_data_do_not_come_back(self, visitor: Visitor, portal: PlayedPortal) -> None:
        contact = {**TRAVEL, "contact": "details", "contact_name": "Maria Weiss", "contact_email": "m@post.example"}
        portal.file(draft("A hotel.", channel="travel", answers=contact))
        import_(visitor, portal)
        name = "2026-0001"
        form = visitor.get(f"/case/{name}/reply").form("/reply")
        visitor.submit(form, {"status": "closed", "step": "send"})
        assert "contact data do not come back" in visitor.get(f"/case/{name}/withdraw/1").html

    def test_what_a_pack_has_carried_stays(self, filled: Visitor, tmp_path: Path) -> None:
        name = self.send(filled, "closed")
        form = filled.get(f"/case/{name}/withdraw/1").form("/withdraw/1")
        values = {"other-folder": str(tmp_path), "file": "pack.tar"}
        filled.done(filled.submit(filled.get("/pack").form("/pack"), values))
        page = filled.submit(form)
        assert page.status == 409
        assert "has left with a pack" in page.alerts
        assert not [form for form in page.forms() if form.action.endswith("/withdraw/1")]
