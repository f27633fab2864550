"""The gentle counter of the cases read today, the reminder of a break, and what the page writes down of looks.

A look that cannot be written at once, since a long import writes, waits in memory: it is written with the next look, or
when the desk is locked.
"""

import threading
from contextlib import suppress

from flask import Blueprint, current_app, redirect
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import care, cases, looking
from portal.desk.cases import Case
from portal.desk.session import Desk, working
from portal.desk.web.door import desk
from portal.errors import NoSuchCase, PortevoixError

bp = Blueprint("caring", __name__)
_Look = tuple[str, int | None]
"""Name of a case, and the number of an attachment that was looked into."""


class Reading:
    """What was looked at and is not written down yet, and when a break was proposed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[_Look, None]] = {}
        self._reminded: dict[tuple[str, str], int] = {}

    def look(self, opened: Desk, case: Case, attachment: int | None = None) -> None:
        """A case, or an attachment of it, is being shown; `opened` is open for reading."""
        with self._lock:
            waits = self._waiting.setdefault(opened.person, {})
            if not looking.is_recorded(opened, case, attachment):
                waits[case.name, attachment] = None
            if waits:
                self._try_to_write(opened)

    def store(self, opened: Desk) -> None:
        """Write down what waits; called when the desk is locked, with the desk open for writing."""
        with self._lock:
            self._write(opened)

    def _try_to_write(self, opened: Desk) -> None:
        if not opened.folder.is_writable:
            return
        try:
            with working(
                opened.folder, opened.keyring, writing=True, clock=opened.clock, patience=looking.PATIENCE_SECONDS
            ) as writing:
                self._write(writing)
        except (PortevoixError, OSError):
            return

    def _write(self, opened: Desk) -> None:
        waits = self._waiting.setdefault(opened.person, {})
        for name, attachment in list(waits):
            with suppress(NoSuchCase):
                looking.look(opened, cases.find(opened.casebook, name), attachment)
            del waits[name, attachment]

    def today(self, opened: Desk) -> int:
        """How many cases this person has read today."""
        read = care.read_on(opened.casebook, opened.person, opened.today)
        with self._lock:
            return read + sum(attachment is None for _, attachment in self._waiting.get(opened.person, ()))

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
