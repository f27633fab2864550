"""How long cases stay: the rules of a desk, and the list of what is due.

Rules kept here:
- A case outside the remit goes some days after its reporter was told so; one that was forwarded (also if it was closed
  since), some days after the last forwarding; one that was closed without that, as many days after it was closed. Where
  no reporter can be told, the day counts on which the case was given its status. What another desk answered before it
  handed the case over is no decision of this one.
- The police reviews cases instead: they come up when nothing was decided for so long, and no purge takes them unasked.
- What is held or restricted is never due, nor is a case with something that nobody has looked at yet, nor one with an
  answer that no pack has carried.
- What was merged into a case goes with it, by the status of the main case; its time does not begin before the last
  message of any of them.
- Aggregates stay (portal.desk.statistics.facts).

Controller and legal regime are named because they differ: the police falls under Directive (EU) 2016/680, the others
under the GDPR. Table: `reviews`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec

from portal.desk import cases, contacts, holding, preferences
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError

KEY = "retention"
POLICE = "police"
"""The desk with this name reviews cases, and falls under the directive, unless its settings say otherwise."""
OUTSIDE_DAYS = 30
"""Days after which a case outside the remit goes."""
FORWARDED_DAYS = 90
"""Days after the forwarding, or the closing, after which a case goes."""
REVIEW_DAYS = 365
"""Days after which the police looks whether a case is still needed."""
Regime = Literal["gdpr", "directive-2016-680"]
REGIMES: dict[Regime, str] = {
    "gdpr": "Regulation (EU) 2016/679 (GDPR)",
    "directive-2016-680": "Directive (EU) 2016/680",
}
Days = Annotated[int, msgspec.Meta(ge=0, le=36_525)] | None
Why = Literal["outside-remit", "forwarded", "closed", "review"]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a desk; a number of days that is null means never."""

    controller: str = ""
    """Who answers for the data: name and address."""
    regime: Regime = "gdpr"
    outside_remit_days: Days = OUTSIDE_DAYS
    forwarded_days: Days = FORWARDED_DAYS
    review_days: Days = None
    erase_contact: bool = True
    """Whether the reporter's contact data go when a case is closed."""


preferences.define(
    KEY,
    Rules | None,
    None,
    "How long cases stay, and under which law; null: as shipped for this desk.",
    example='{"controller":"Name, address","regime":"gdpr","outside_remit_days":30,"forwarded_days":90}',
)


@dataclass(frozen=True)
class Due:
    """A case whose time is over, or that must be reviewed; `since` is the day on which it became due."""

    case: Case
    why: Why
    since: date

    @property
    def goes(self) -> bool:
        """Whether a purge of what is due takes it."""
        return self.why != "review"


def shipped(desk: str) -> Rules:
    """The rules of a desk that has set none."""
    if desk == POLICE:
        return Rules("", "directive-2016-680", None, None, REVIEW_DAYS)
    return Rules()


def rules(casebook: Casebook, desk: str) -> Rules:
    """The rules of the desk with this name."""
    kind: Any = Rules | None
    return preferences.get(casebook, KEY, kind, None) or shipped(desk)


def due(casebook: Casebook, chosen: Rules, today: date) -> list[Due]:
    """What is due today, the longest first."""
    kept = holding.kept(casebook)
    found = [
        reached
        for row in _rows(casebook)
        if row.case not in kept
        for reached in [_due(casebook, row, chosen, today)]
        if reached is not None
    ]
    return sorted(found, key=lambda one: (one.since, one.case.name))


def review(desk: Desk, case: Case) -> None:
    """Record that somebody decided today that a case is still needed. Raises DeskError where nothing is reviewed."""
    if rules(desk.casebook, desk.name).review_days is None:
        raise DeskError("This desk has no review dates: its cases go by themselves, see `desk retention`.")
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT OR REPLACE INTO reviews (case_id, day, person) VALUES (?, ?, ?)",
            *(case.id, desk.today.isoformat(), desk.person),
        )
        desk.record("reviewed", case)


def erase_contacts(desk: Desk) -> list[str]:
    """Erase the contact data of closed cases that still have them, as far as the rules say so; of which cases."""
    if not rules(desk.casebook, desk.name).erase_contact:
        return []
    found = contacts.due(desk.casebook)
    for case in found:
        with desk.casebook.transaction():
            contacts.erase(desk, case)
    return [case.name for case in found]


def on_status(desk: Desk, case: Case, status: str) -> None:
    """A case was given a status, within the caller's transaction: with "closed", contact data go."""
    if status == contacts.CLOSED and rules(desk.casebook, desk.name).erase_contact:
        contacts.erase(desk, case)


@dataclass(frozen=True)
class _Row:
    case: int
    name: str
    status: str
    forwarded: str | None
    decided: str
    """Day of the last answer that gave the case its status, or of its last message."""
    moved: str
    """Day of the last thing that happened."""
    merged: str
    """Day of the last message in what was merged into the case, or ""."""


def _rows(casebook: Casebook) -> Iterator[_Row]:
    """Every main case in which nothing waits to be read or sent, here or in what was merged into it."""
    answers = "SELECT max(json_extract(CAST(reply AS TEXT), '$.day')) FROM own_replies WHERE case_id = c.id"
    status = "json_extract(CAST(reply AS TEXT), '$.status')"
    given = (
        "SELECT max(substr(json_extract(CAST(entry AS TEXT), '$.at'), 1, 10)) FROM sources s"
        " JOIN log_details d ON d.case_id = s.case_id JOIN log USING (number)"
        " WHERE s.case_id = c.id AND json_extract(CAST(entry AS TEXT), '$.act') = 'status'"
    )
    sql = f"""
        SELECT c.id, c.name, c.status,
            ({answers} AND {status} LIKE 'forwarded-%'),
            (SELECT max(day) FROM referrals WHERE case_id = c.id),
            (SELECT max(day) FROM transfers WHERE case_id = c.id),
            coalesce(({answers} AND {status} = c.status), ({given})),
            ({answers}),
            (SELECT max(day) FROM reviews WHERE case_id = c.id),
            (SELECT max(received) FROM messages WHERE case_id = c.id),
            (SELECT max(m.received) FROM messages m JOIN cases t ON t.id = m.case_id WHERE t.merged_into = c.id)
        FROM main_cases c WHERE c.unseen IS NULL AND NOT EXISTS
            (SELECT 1 FROM replies JOIN cases t ON t.id = case_id
             WHERE sealed IS NOT NULL AND pack IS NULL AND (t.id = c.id OR t.merged_into = c.id))
    """  # noqa: S608 - pieces of our own
    for row, name, given, *days in casebook.all(sql):
        told, referred, transferred, decided, answered, reviewed, received, merged = days
        forwarded = max((day for day in (told, referred, transferred) if day), default=None)
        moved = max(day for day in (forwarded, decided, answered, reviewed, received, merged) if day)
        yield _Row(row, name, given, forwarded, decided or received, moved, merged or "")


def _due(casebook: Casebook, row: _Row, chosen: Rules, today: date) -> Due | None:
    why: Why = "review"
    days, start = chosen.review_days, row.moved
    if row.status == "outside-remit" and chosen.outside_remit_days is not None:
        why, days, start = "outside-remit", chosen.outside_remit_days, row.decided
    elif row.status.startswith(("forwarded-", "closed", "content-gone")) and chosen.forwarded_days is not None:
        why, days = ("forwarded" if row.forwarded else "closed"), chosen.forwarded_days
        start = row.forwarded or row.decided
    if days is None:
        return None
    since = date.fromisoformat(max(start, row.merged)) + timedelta(days=days)
    return Due(cases.find(casebook, row.name), why, since) if since <= today else None


def as_plain(chosen: Rules) -> dict[str, Any]:
    """The rules for other programs."""
    return dict(msgspec.to_builtins(chosen))


def in_words(chosen: Rules) -> list[str]:
    """The rules for a person, one a line."""
    return [
        f"Controller: {chosen.controller or 'not named yet: `desk settings`, key retention'}",
        f"Law: {REGIMES[chosen.regime]}",
        f"Outside the remit: {_after(chosen.outside_remit_days, 'erased')}",
        f"Forwarded or closed: {_after(chosen.forwarded_days, 'erased')}",
        f"Everything else: {_after(chosen.review_days, 'to be reviewed')}",
        f"Reporter's contact data: {'erased when a case is closed' if chosen.erase_contact else 'kept with the case'}",
    ]


def _after(days: int | None, what: str) -> str:
    return "no limit" if days is None else f"{what} after {days} days"
