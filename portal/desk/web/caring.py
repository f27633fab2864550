"""The gentle counter: how many cases were read today, and the reminder of a break.

Which cases they were is kept in memory, and only as long as the desk is open; a number is stored when it is locked.
"""

import threading

from flask import Blueprint, current_app, redirect
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import care
from portal.desk.session import Desk
from portal.desk.web.door import desk

bp = Blueprint("caring", __name__)


class Reading:
    """What was read since the desk was opened. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._noted: dict[tuple[str, str], int] = {}
        self._reminded: dict[tuple[str, str], int] = {}

    def read(self, opened: Desk, case: str) -> None:
        """A case was opened."""
        with self._lock:
            self._seen.setdefault(self._key(opened), set()).add(case)

    def today(self, opened: Desk) -> int:
        """How many cases this person has read today."""
        key = self._key(opened)
        with self._lock:
            fresh = len(self._seen.get(key, ())) - self._noted.get(key, 0)
        return care.read_on(opened.casebook, *key) + fresh

    def is_break_due(self, opened: Desk) -> bool:
        """Whether so many were read since the last reminder was put away that a break would do good."""
        after = care.reminds_after(opened.casebook, opened.person)
        with self._lock:
            reminded = self._reminded.get(self._key(opened), 0)
        return after > 0 and self.today(opened) >= reminded + after

    def put_away(self, opened: Desk) -> None:
        """The reminder was seen."""
        count = self.today(opened)
        with self._lock:
            self._reminded[self._key(opened)] = count

    def store(self, opened: Desk) -> None:
        """Note what was read; called when the desk is locked."""
        with self._lock:
            for key, names in self._seen.items():
                fresh = len(names) - self._noted.get(key, 0)
                if fresh:
                    care.note(opened, *key, fresh)
                    self._noted[key] = len(names)

    @staticmethod
    def _key(opened: Desk) -> tuple[str, str]:
        return opened.person, opened.today.isoformat()


def reading() -> Reading:
    """The counter of the application that answers now."""
    found: Reading = current_app.extensions["reading"]
    return found


@bp.post("/break/seen")
def seen() -> AnyResponse:
    """Put the reminder away; it comes again after as many cases."""
    with desk() as opened:
        reading().put_away(opened)
    return redirect("/", 303)


@bp.post("/break/off")
def off() -> AnyResponse:
    """No reminder any more, for this person."""
    with desk(writing=True) as opened:
        care.switch(opened, on=False)
    return redirect("/", 303)


@bp.post("/break/on")
def on() -> AnyResponse:
    """The reminder again."""
    with desk(writing=True) as opened:
        care.switch(opened, on=True)
    return redirect("/more", 303)
