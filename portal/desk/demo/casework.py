"""What invented caseworkers do with the cases: look at them, ask, decide, close."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import cast

from portal.desk import authorities, cases, linking, looking, merging, organising
from portal.desk.cases import Case
from portal.desk.demo.agenda import Agenda
from portal.desk.demo.texts import texts
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.report import Status

PEOPLE = ("anouk", "bruno", "claire")
"""The caseworkers, beside the one whose keyring has no name of its own."""
_DECISIONS: dict[str, dict[Status, int]] = {
    "travel": {"forwarded-police": 56, "forwarded-other": 20, "outside-remit": 10, "question": 14},
    "grooming": {"forwarded-police": 60, "forwarded-other": 8, "outside-remit": 14, "question": 18},
    "website": {
        **{"forwarded-stopline": 34, "forwarded-police": 16, "forwarded-other": 14},
        **{"outside-remit": 22, "content-gone": 10, "question": 4},
    },
    "self": {"question": 36, "forwarded-police": 40, "closed": 24},
    "other": {"outside-remit": 30, "forwarded-police": 30, "forwarded-other": 28, "question": 12},
}
"""How often each status follows the first look, by channel."""
_AFTER_A_QUESTION: dict[Status, int] = {"forwarded-police": 60, "forwarded-other": 15, "closed": 25}
_AUTHORITIES = (
    ("parquet", "Parquet (demonstration)", True),
    ("police-judiciaire", "Police judiciaire (demonstration)", True),
    ("partner-hotline", "A hotline abroad (demonstration)", False),
)
"""Name, title, and whether it is police or prosecutor."""
_REFERRED, _REFERRALS = 0.2, 12
"""So many of what is forwarded has a folder made for it, and so many folders at most: each takes a while."""
_LEFT_LYING = 0.04
"""So many cases nobody looks at for a long time, so that something is overdue."""
_MERGED, _SAME_DAYS = 0.7, 45
"""So many reports of what another one of the last days has reported are merged with it."""
_LEFT_TO_ANYBODY = 4
"""Each fourth case is nobody's."""
_COMES_BACK_ASKED, _COMES_BACK = 0.55, 0.07
"""So many reporters write again after a question, and without one."""


class Casework:
    """The work on all cases of a demonstration. `desk` has the demonstration's clock.

    `returns` is called with a case whose reporter writes again, and the days until then. Referrals are made in the
    folder `outgoing`, and deleted as if they had been handed over.
    """

    def __init__(
        self, desk: Desk, random: Random, agenda: Agenda, outgoing: Path, returns: Callable[[str, int], None]
    ) -> None:
        self._desk = desk
        self._random = random
        self._agenda = agenda
        self._returns = returns
        self._outgoing = outgoing
        self._authorities = [authorities.add(desk, name, title, police=police) for name, title, police in _AUTHORITIES]
        self._referrals = 0
        self._desks = [desk, *(_as(desk, person) for person in PEOPLE)]
        self.answers = 0

    def arrived(self, name: str) -> None:
        """A new case is there: somebody will look at it."""
        days = self._random.lognormvariate(0.6, 0.8)
        if self._case(name).urgent:
            days = self._random.uniform(0.05, 0.6)
        elif self._random.random() < _LEFT_LYING:
            days = self._random.uniform(40, 90)
        self._agenda.plan(days, partial(self._review, name))

    def written_again(self, name: str) -> None:
        """A follow-up is there: somebody will look at it, and an open question is answered by it."""
        self._agenda.plan(self._random.uniform(0.1, 2), partial(self._look, name))
        if self._case(name).status == "question":
            self._agenda.plan(self._random.uniform(0.2, 3), partial(self._decide, name, _AFTER_A_QUESTION))

    def before_closing_time(self, most: int = 2) -> None:
        """Answer cases that nobody has looked at, the oldest first: these answers wait for the next pack."""
        waiting = [case for case in cases.listed(self._desk.casebook) if case.status == cases.NEW and not case.urgent]
        for case in waiting[: min(most, len(waiting) // 2)]:
            self._answer(case, "under-review")

    def _review(self, name: str) -> None:
        case = self._case(name)
        reader = self._random.choice(self._desks)
        looking.look(reader, case)
        if case.id % _LEFT_TO_ANYBODY:
            organising.assign(reader, case, reader.person)
        if (main := self._same(case)) and self._random.random() < _MERGED:
            merging.merge(self._random.choice(self._desks), case, main)
            self._answer(case, "under-review" if main.status in ("received", "question") else cast(Status, main.status))
            return
        if self._random.random() < 0.75:
            self._answer(case, "under-review")
        wait = self._random.uniform(0.1, 1) if case.urgent else self._random.lognormvariate(1.6, 0.7)
        self._agenda.plan(wait, partial(self._decide, name, _DECISIONS[case.channel]))

    def _same(self, case: Case) -> Case | None:
        """The first case of the last weeks that names the same page, account or place, if this one can join it."""
        earliest = (self._desk.today - timedelta(days=_SAME_DAYS)).isoformat()
        found = {
            (other.received, other.name)
            for link in linking.links(self._desk.casebook, case)
            if link.kind in ("url", "account", "place")
            for other in link.cases
            if earliest <= other.received and (other.received, other.name) < (case.received, case.name)
        }
        joins = found and not case.merged_into and not merging.parts(self._desk.casebook, case)
        return self._case(min(found)[1]) if joins else None

    def _look(self, name: str) -> None:
        looking.look(self._random.choice(self._desks), self._case(name))

    def _decide(self, name: str, decisions: dict[Status, int]) -> None:
        (status,) = self._random.choices(tuple(decisions), tuple(decisions.values()))
        self._answer(self._case(name), status)
        if status == "question":
            if self._random.random() < _COMES_BACK_ASKED:
                self._returns(name, self._random.randint(2, 12))
            else:
                self._agenda.plan(self._random.uniform(30, 60), partial(self._close, name))
        else:
            self._answer_merged(name, status)
        if status.startswith("forwarded"):
            self._refer(name, police=status == "forwarded-police")
            self._agenda.plan(self._random.uniform(20, 140), partial(self._close, name))
        if self._random.random() < _COMES_BACK:
            self._returns(name, self._random.randint(3, 30))

    def _refer(self, name: str, *, police: bool) -> None:
        if self._random.random() >= _REFERRED or self._referrals >= _REFERRALS:
            return
        if cases.messages(self._desk.casebook, self._case(name))[0].report.keep_from:
            return
        to = self._random.choice([authority for authority in self._authorities if authority.police == police])
        out = self._outgoing / f"referral-{name}"
        if not out.exists():
            refer(self._random.choice(self._desks), self._case(name), out, Wish(to, formats=("json", "urls")))
            self._referrals += 1

    def _close(self, name: str) -> None:
        case = self._case(name)
        gone = case.channel == "website" and self._random.random() < 0.5
        if case.status not in ("closed", "content-gone") and self._random.random() < 0.7:
            status: Status = "content-gone" if gone else "closed"
            self._answer(case, status)
            self._answer_merged(name, status)

    def _answer_merged(self, name: str, status: Status) -> None:
        """Those who reported the same are told the same."""
        for part in merging.parts(self._desk.casebook, self._case(name)):
            self._answer(part.case, status)

    def _answer(self, case: Case, status: Status) -> None:
        desk = self._random.choice(self._desks)
        language = cases.messages(desk.casebook, case)[0].report.language
        text = texts(language).answers.text(status, self._random)
        reply(desk, case, status, text, [desk.name], desk.today)
        self.answers += 1

    def _case(self, name: str) -> Case:
        return cases.find(self._desk.casebook, name)


def _as(desk: Desk, person: str) -> Desk:
    """The same open desk in the hands of somebody else."""
    return dataclasses.replace(desk, keyring=dataclasses.replace(desk.keyring, person=person))
