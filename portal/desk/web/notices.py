"""One sentence on what was just done, for the next page that the same person is shown.

A form is answered by sending the browser to another page, so that a reload does nothing twice; this is how that page
knows. Nothing of it is stored, and nobody else is shown it.
"""

import threading

from flask import current_app

from portal.desk.web.door import door


class Notices:
    """What waits to be said, and to whom. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, str]] = []

    def put(self, person: str, sentence: str) -> None:
        """Say this on the next page."""
        with self._lock:
            self._waiting.append((person, sentence))

    def take(self, person: str) -> list[str]:
        """What waits for this person; what waited for somebody else is dropped."""
        with self._lock:
            found, self._waiting = self._waiting, []
        return [sentence for to, sentence in found if to == person]


def say(sentence: str) -> None:
    """Say what was done on the next page."""
    _notices().put(door().person, sentence)


def just_done() -> list[str]:
    """What was done, for the page that is being made."""
    return _notices().take(door().person)


def _notices() -> Notices:
    found: Notices = current_app.extensions["notices"]
    return found
