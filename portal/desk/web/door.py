"""Who may come in, and who is inside: the address of the page, the browser that opened it, the keyring in memory.

Rules kept here:
- The address that the terminal shows holds a token. It is good for one browser, once; then there is a new one.
- There is one session. A browser that comes in with a new token puts out the one before.
- The keyring is dropped when nothing was asked for 15 minutes, and on demand. Python cannot overwrite memory: what was
  dropped is gone for this program, and for an attacker who reads the memory of the machine only when it is used again.
- Tokens are compared in constant time. Passphrases are tried one after the other.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import current_app

from portal.desk import session
from portal.desk.folder import Folder
from portal.desk.keyring import Keyring
from portal.desk.session import Desk
from portal.errors import PortevoixError
from portal.limits import DESK_IDLE_SECONDS

_TOKEN_BYTES = 32


class Locked(PortevoixError):
    """The desk is locked: the passphrase is needed."""


class Door:
    """Thread-safe. `now` is the clock of the desk, `ticks` one that counts seconds."""

    def __init__(
        self,
        place: Folder,
        now: Callable[[], datetime] = session.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.now = now
        self.person = session.PERSON
        """Who is inside, or was last."""
        self.desk = ""
        """The name of the desk, once somebody was inside."""
        self.announce: Callable[[str], None] = lambda token: None
        """Called with the next token when one was used."""
        self.token = self._session = ""
        self.at_lock: list[Callable[[Desk], None]] = []
        """What is still to be written when the desk is locked; each is called with the desk, open for writing."""
        self._ticks = ticks
        self._keyring: Keyring | None = None
        self._csrf_key = secrets.token_bytes(_TOKEN_BYTES)
        self._heard = ticks()
        self._state = threading.RLock()
        self._trying = threading.Lock()

    def new_token(self) -> str:
        """Make the token of the next address; the one before is void."""
        with self._state:
            self.token = secrets.token_urlsafe(_TOKEN_BYTES)
            return self.token

    def enter(self, token: str) -> str | None:
        """Exchange a token for the secret of a new session; None if it is not the token, or was used."""
        with self._state:
            if not self.token or not _same(token, self.token):
                return None
            self._session = secrets.token_urlsafe(_TOKEN_BYTES)
            self.announce(self.new_token())
            return self._session

    def knows(self, shown: str) -> bool:
        """Whether this is the secret of the session."""
        return bool(self._session) and _same(shown, self._session)

    def csrf_token(self) -> str:
        """The token that forms of this session carry."""
        return hmac.digest(self._csrf_key, self._session.encode(), "sha256").hex()

    def is_csrf_token(self, shown: str) -> bool:
        """Whether a form came from a page of this session."""
        return _same(shown, self.csrf_token())

    def unlock(self, person: str, passphrase: str) -> None:
        """Open the keyring of a person. Raises WrongPassphrase or DeskError."""
        with self._trying:
            opened = session.unlock(self.place, passphrase, person)
            with session.working(self.place, opened, clock=self.now):
                # The casebook may have another key since, or be of a newer version: better said now.
                pass
        with self._state:
            self._keyring, self.person, self._heard = opened, person, self._ticks()
            self.desk = opened.desk

    def check(self, passphrase: str) -> None:
        """Whether somebody who is inside knows the passphrase. Raises WrongPassphrase, DeskError, or Locked."""
        person = self.keyring().person
        with self._trying:
            session.unlock(self.place, passphrase, person)

    def lock(self) -> None:
        """Drop the keyring."""
        with self._state:
            opened, self._keyring = self._keyring, None
        if opened is not None and self.at_lock:
            self._write_last(opened)

    def _write_last(self, opened: Keyring) -> None:
        try:
            with session.working(self.place, opened, writing=True, clock=self.now) as desk:
                for write in self.at_lock:
                    write(desk)
        except (PortevoixError, OSError):
            # Another command writes, or nothing can be written; what waits here is never worth keeping the desk open.
            return

    def expect(self, person: str) -> None:
        """Let the locked page ask for `person`, or for the first there is where nobody is called so."""
        here = self.people()
        self.person = person if person in here or not here else here[0]

    def people(self) -> list[str]:
        """Everybody who has a keyring here."""
        return sorted(path.stem for path in self.place.keyrings.glob("*.age"))

    @property
    def is_locked(self) -> bool:
        """Whether the passphrase is needed."""
        with self._state:
            return self._keyring is None

    def touch(self) -> None:
        """Somebody is there: the 15 minutes begin anew."""
        with self._state:
            self._heard = self._ticks()

    def lock_if_idle(self) -> None:
        """Lock if nothing was asked for too long."""
        if not self.is_locked and self._ticks() - self._heard >= DESK_IDLE_SECONDS:
            self.lock()

    def keyring(self) -> Keyring:
        """The keyring of the person who is inside. Raises Locked."""
        with self._state:
            if self._keyring is None:
                raise Locked("The desk is locked: type the passphrase.")
            return self._keyring


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def door() -> Door:
    """The door of the application that answers now."""
    found: Door = current_app.extensions["desk"]
    return found


@contextmanager
def desk(*, writing: bool = False) -> Iterator[Desk]:
    """The desk for one act of the page. Raises Locked, or DeskError if another command writes."""
    here = door()
    with session.working(here.place, here.keyring(), writing=writing, clock=here.now) as opened:
        yield opened
