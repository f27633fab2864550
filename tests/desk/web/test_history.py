"""The history of a case in sentences: they name the other case, person or desk."""

import pytest

from portal.desk import cases, merging, organising
from portal.desk.acts import Act
from portal.desk.custody import Entry, Record
from portal.desk.session import working
from portal.desk.web.history import told
from tests.desk.web.visiting import Visitor


def record(act: Act, **details: object) -> Record:
    entry = Entry("portevoix/log/1", 1, "2026-11-25T08:30:00Z", "anna", act, "2026-0001", "0" * 64, "0" * 64)
    return Record(entry, details or None)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (record("merged", into="2026-0007"), 'Joined with case <a href="/case/2026-0007">2026-0007</a>'),
        (record("merged", taken="2026-0007"), 'Joined with case <a href="/case/2026-0007">2026-0007</a>'),
        (record("unmerged", of="2026-0007"), 'Separated again from case <a href="/case/2026-0007">2026-0007</a>'),
        (record("transferred", to="stopline"), "Handed to the desk stopline"),
        (
            record("received", desk="ecpat", name="2026-0002"),
            "Taken over from the desk ecpat, where it is case 2026-0002",
        ),
        (record("assigned", to="anna"), "Given to anna"),
        (record("assigned", to=None), "Nobody has the case any more"),
        (record("tagged", tags=["a", "<b>"], removed=False), "Tags added: a, &lt;b&gt;"),
        (record("tagged", tags=["a"], removed=True), "Tags taken away: a"),
        (record("status", status="closed"), "Status without an answer: Closed"),
        (record("replied", status="question"), "An answer was written: Question to the reporter"),
        (record("withdrawn", status="closed"), "An answer was withdrawn before it went out: Closed"),
        (record("referred", authority=""), "Referred to nobody in particular"),
        (record("attachment-sealed", authority="parquet"), "An attachment was sealed to parquet and erased here"),
        (record("viewed", number=1), "Shown"),
        (record("merged"), "Joined with another case"),
    ],
)
def test_sentences(made: Record, said: str) -> None:
    assert told(made) == said


def test_on_the_pages(filled: Visitor) -> None:
    door = filled.opened.door
    with working(door.place, door.keyring(), writing=True) as desk:
        one, two = (cases.find(desk.casebook, name) for name in ("2026-0001", "2026-0002"))
        merging.merge(desk, one, two)
        organising.assign(desk, two, "default")
    other = 'Joined with case <a href="/case/{}">'
    assert other.format("2026-0002") in filled.get("/case/2026-0001").html
    assert other.format("2026-0001") in filled.get("/case/2026-0002").html
    assert "Given to default" in filled.get("/verify").html
