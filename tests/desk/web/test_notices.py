"""What was just done is said once, on the next page, to who did it."""

from portal.desk.web.notices import Notices
from tests.desk.web.visiting import Visitor


def test_said_once(filled: Visitor) -> None:
    form = filled.get("/case/2026-0001/note").form("/note")
    page = filled.follow(filled.submit(form, {"text": "Called the hotel."}))
    assert page.successes == "The note is on the case."
    assert filled.get("/case/2026-0001").successes == ""


def test_never_while_the_desk_is_locked(filled: Visitor) -> None:
    form = filled.get("/case/2026-0001/note").form("/note")
    filled.submit(form, {"text": "Called the hotel."})
    filled.opened.door.lock()
    locked = filled.get("/")
    assert (locked.status, locked.successes) == (403, "")


def test_to_nobody_else() -> None:
    notices = Notices()
    notices.put("anna", "Done.")
    assert notices.take("bruno") == []
    assert notices.take("anna") == [], "it was not for who came next"
    notices.put("anna", "Done.")
    notices.put("anna", "Done too.")
    assert notices.take("anna") == ["Done.", "Done too."]
