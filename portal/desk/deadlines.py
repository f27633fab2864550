"""Deadlines: by when somebody should have looked, answered, or gone on with a question that nobody answers.

Rules kept here:
- Looking: so many days after the oldest message that nobody has looked at; an urgent case has a deadline of its own.
- Answering: so many days after a report came in, for an open case whose reporter was never answered and can be.
- Asking: so many days after a question to the reporter, as long as nothing has come back.
- What was handed to another desk has the first deadline only. A merged case has none apart from its main case, where
  what waits in it is due (view main_cases of the schema).
- Days are those of UTC; something due today is not late yet. The earliest deadline of a case is the one that counts.

The days are settings of the desk; null stands for no deadline. What SQL says here is what `portal.desk.filtering`
sorts and filters by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, get_args

import msgspec

from portal.desk import cases, preferences
from portal.desk.casebook import Casebook

WEEK_DAYS = 7
"""What is due within so many days after today is due this week."""
_Days = Annotated[int, msgspec.Meta(ge=0, le=3_650)]
_KIND: Any = _Days | None
URGENT_LOOK = preferences.define(
    "deadline-look-urgent",
    _KIND,
    0,
    "Within so many days somebody looks at what came to an urgent case; null: no limit.",
)
LOOK = preferences.define(
    "deadline-look", _KIND, 2, "Within so many days somebody looks at what came to any other case; null: no limit."
)
ANSWER = preferences.define(
    "deadline-answer", _KIND, 7, "Within so many days a reporter gets a first answer; null: no limit."
)
QUESTION = preferences.define(
    "deadline-question",
    _KIND,
    14,
    "After so many days without a reply to our question the case goes on without it; null: no limit.",
)

Why = Literal["look", "follow-up", "answer", "question"]
"""look: at a case that nobody has looked at. follow-up: at what came to one since."""
Bucket = Literal["overdue", "today", "week", "later", "none"]
BUCKETS: tuple[Bucket, ...] = get_args(Bucket)
"""In the order in which a list shows them; "none" is without any deadline."""
IN_WORDS: dict[Why, str] = {
    "look": "nobody has looked at it",
    "follow-up": "a message that nobody has looked at",
    "answer": "no answer yet",
    "question": "our question is not answered",
}


@dataclass(frozen=True)
class Limits:
    """The deadlines of a desk, days; None for none."""

    urgent_look: int | None
    look: int | None
    answer: int | None
    question: int | None


@dataclass(frozen=True)
class Due:
    """One deadline of a case: which, the day from which it counts, and the last day that is in time."""

    why: Why
    since: date
    by: date

    @property
    def words(self) -> str:
        """Why, for a person."""
        return IN_WORDS[self.why]


def limits(casebook: Casebook) -> Limits:
    """The deadlines of this desk."""
    return Limits(*(preferences.value(casebook, setting) for setting in (URGENT_LOOK, LOOK, ANSWER, QUESTION)))


def bucket(by: date | None, today: date) -> Bucket:
    """Where a list shows a case that is due on a day."""
    if by is None:
        return "none"
    if by < today:
        return "overdue"
    if by == today:
        return "today"
    return "week" if by <= today + timedelta(days=WEEK_DAYS) else "later"


def columns(limits: Limits) -> str:
    """SQL: the days by which to look, answer and go on, each or NULL; of `c`, a row of main_cases with merged_into."""
    here = "NOT EXISTS (SELECT 1 FROM transfers WHERE case_id = c.id)"
    answerable = "NOT EXISTS (SELECT 1 FROM sources WHERE case_id = c.id)"
    look = (
        f"CASE WHEN c.urgent THEN {_after('c.unseen', limits.urgent_look)} ELSE {_after('c.unseen', limits.look)} END"
    )
    due = {
        "look": ("c.unseen IS NOT NULL", look),
        "answer": (
            f"c.answered IS NULL AND {cases.IS_OPEN} AND {answerable} AND {here}",
            _after("c.received", limits.answer),
        ),
        "question": (f"c.asked IS NOT NULL AND {here}", _after("c.asked", limits.question)),
    }
    return ", ".join(
        f"CASE WHEN c.merged_into IS NULL AND {condition} THEN {by} END AS {why}_by"
        for why, (condition, by) in due.items()
    )


_FIRST = "coalesce(look_by, '~'), coalesce(answer_by, '~'), coalesce(question_by, '~')"
EARLIEST = f"nullif(min({_FIRST}), '~')"
"""SQL: the first of `columns`, or NULL."""


def rank(today: date) -> str:
    """SQL: the place in `BUCKETS` of what is due by the day `due_by`."""
    week = today + timedelta(days=WEEK_DAYS)
    return (
        f"CASE WHEN due_by < '{today}' THEN 0 WHEN due_by = '{today}' THEN 1 WHEN due_by <= '{week}' THEN 2"
        " WHEN due_by IS NOT NULL THEN 3 ELSE 4 END"
    )


def of_row(pairs: Mapping[Why, tuple[str | None, str | None]]) -> tuple[Due, ...]:
    """The deadlines of a case, the earliest first: of each the day from which it counts and that of `columns`."""
    found = [
        Due(why, date.fromisoformat(since), date.fromisoformat(by))
        for why, (since, by) in pairs.items()
        if since is not None and by is not None
    ]
    return tuple(sorted(found, key=lambda due: due.by))


def _after(column: str, number: int | None) -> str:
    return "NULL" if number is None else f"date({column}, '+{number:d} days')"
