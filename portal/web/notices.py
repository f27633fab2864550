"""What a page says when something cannot be done now: what happened, what to do next, and the status it goes with.

Nothing here is about one field of a form; that is `portal.web.answers`.
"""

import errno
import logging
from dataclasses import dataclass

from flask_babel import LazyString
from werkzeug.exceptions import InternalServerError

from portal.errors import (
    Busy,
    CapsuleExpired,
    KeysTooOld,
    NoMemory,
    PortevoixError,
    SpoolError,
    StoreError,
    StoreFull,
    TicketExpired,
)
from portal.web.languages import lazy_gettext as _l

_log = logging.getLogger(__name__)
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
RETRY_SECONDS = 60
"""What `Retry-After` asks for, seconds."""


class TokenRefused(PortevoixError):
    """A form came without the token of its visitor. `no_cookie`: there was no cookie either."""

    def __init__(self, *, no_cookie: bool) -> None:
        super().__init__("The form has no valid token: send it again from the page that comes back.")
        self.no_cookie = no_cookie


@dataclass(frozen=True)
class Notice:
    """One problem of a whole page. `again`: sending the same once more is what helps."""

    status: int
    title: LazyString
    text: LazyString
    again: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the status (RFC 9110 section 10.2.3)."""
        return {"Retry-After": str(RETRY_SECONDS)} if self.status == 503 else {}


NO_COOKIE = Notice(
    403,
    _l("The browser did not send the cookie of this page"),
    _l(
        "Nothing has been sent. If cookies are switched off, allow them for this page: there is one, it is forgotten "
        "when the browser closes. Then send again. Everything you typed is still here."
    ),
)
OTHER_TOKEN = Notice(
    403,
    _l("This page was opened in another visit"),
    _l("Nothing has been sent. The page you see now is a fresh one with everything you typed: send it again."),
)
EXPIRED = Notice(
    403,
    _l("The page was open for too long"),
    _l(
        "If you sent this form before, it has arrived. If not, nothing has been sent yet: the page you see now is a "
        "fresh one with everything you typed, so send it."
    ),
)
BUSY = Notice(
    503,
    _l("Many people are using the portal right now"),
    _l("Nothing has been sent, and nothing you typed is lost. Wait a minute, then send it again."),
)
UNAVAILABLE = Notice(
    503,
    _l("The portal cannot store anything right now"),
    _l("Nothing you typed is lost. Leave this page open, wait a few minutes, then send it again."),
)
FULL = Notice(
    507,
    _l("The portal has no room left"),
    _l("Nothing has been sent, and nothing you typed is lost. Leave this page open and send it again later."),
)
FULL_FOR_FILES = Notice(
    507,
    _l("The portal has no room for files right now"),
    _l("Nothing has been sent. Everything you typed is still here: send it again without the files."),
)
NO_FILES = Notice(
    403,
    _l("The portal takes no files right now"),
    _l("Nothing has been sent. Everything you typed is still here: send it again without the files."),
)
FILES_FAILED = Notice(
    503,
    _l("The files did not arrive whole"),
    _l("Nothing has been sent. Everything you typed is still here: choose the files again, then send."),
    again=False,
)
FAILED = Notice(
    500,
    _l("Something went wrong at the portal"),
    _l(
        "It is not your fault. Everything you typed is still here: send it again. If it did arrive, it is not stored "
        "twice."
    ),
)
MAILBOX_EXPIRED = Notice(
    403,
    _l("The mailbox was open for too long"),
    _l("For your safety it has closed. Enter your eight words again. A message that you typed is still here."),
    again=False,
)
NOT_DELETED = Notice(
    403,
    _l("Nothing was deleted"),
    _l("This page was open for too long. Enter the eight words again, then delete the answer."),
    again=False,
)
_OF_ERRORS: dict[type[PortevoixError], Notice] = {
    TicketExpired: EXPIRED,
    CapsuleExpired: MAILBOX_EXPIRED,
    Busy: BUSY,
    KeysTooOld: NO_FILES,
    StoreFull: FULL,
    StoreError: UNAVAILABLE,
    SpoolError: FILES_FAILED,
}
EXPLAINED: tuple[type[PortevoixError], ...] = (TokenRefused, *_OF_ERRORS)
"""Errors that a page can explain; every other is a fault of the portal."""


def is_scarcity(error: BaseException | None) -> bool:
    """Whether a request failed for want of memory or of file descriptors: it can be sent again."""
    if isinstance(error, InternalServerError):
        error = error.original_exception
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SCARCE)


def notice_of(error: Exception) -> Notice:
    """The notice for an error; the operator is told as well where it is theirs to mend."""
    if is_scarcity(error):
        return BUSY
    if isinstance(error, TokenRefused):
        return NO_COOKIE if error.no_cookie else OTHER_TOKEN
    if isinstance(error, StoreError | NoMemory):
        _log.warning("%s", error)
    return next((notice for kind, notice in _OF_ERRORS.items() if isinstance(error, kind)), FAILED)
