"""What every request has to pass before anything is done for it.

1. It was sent to this machine's own name and port: a page of the internet that points a name of its own at 127.0.0.1
   (DNS rebinding) is refused.
2. It comes from the browser that was opened with the address of the terminal.
3. If it changes anything, it comes from a page of this desk.
4. The desk is open; else the passphrase is asked for, and what was typed is kept.
"""

import hmac

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from portal.desk.web.door import door
from portal.desk.web.errors import lock_page, plain_page
from portal.desk.web.forms import require_token

_WITHOUT_SESSION = frozenset({"entering.enter"})
_WHILE_LOCKED = frozenset({"entering.enter", "entering.locked", "entering.unlock", "entering.lock", "entering.close"})
_UNATTENDED = frozenset({"jobs.show", "entering.locked"})
"""Pages that load themselves: nobody need be there."""
_SAFE = frozenset({"GET", "HEAD"})
_SITES = frozenset({None, "same-origin", "none"})


def install(app: Flask) -> None:
    """Set the guards before every view of `app`."""

    @app.before_request
    def guard() -> Response | None:
        if request.host not in hosts():
            return plain_page(400, "There is no desk at this address.", "Open the address that `desk open` printed.")
        if request.endpoint in _WITHOUT_SESSION and request.method in _SAFE:
            return None
        if not door().knows(request.cookies.get(cookie(), "")):
            return plain_page(
                403,
                "This browser does not belong to the desk.",
                "Open the address that `desk open` printed last. It is good for one browser, once.",
            )
        if request.method not in _SAFE:
            if request.headers.get("Sec-Fetch-Site") not in _SITES or not _is_own(request.headers.get("Origin")):
                return plain_page(403, "This did not come from a page of the desk.", "Nothing was changed.")
            require_token()
        if request.endpoint not in _UNATTENDED:
            door().lock_if_idle()
            door().touch()
        if door().is_locked and request.endpoint not in _WHILE_LOCKED and not _is_error():
            return lock_page()
        return None


def _is_error() -> bool:
    return isinstance(request.routing_exception, HTTPException)


def _is_own(origin: str | None) -> bool:
    # With "no-referrer" a browser may say "null" for its own pages; the token decides then.
    return origin in (None, "null") or any(hmac.compare_digest(origin or "", f"http://{host}") for host in hosts())


def port() -> int:
    """The port of this desk, as the server knows it."""
    return int(request.environ["SERVER_PORT"])


def hosts() -> tuple[str, str]:
    """What the browser may call this machine."""
    return f"127.0.0.1:{port()}", f"localhost:{port()}"


def cookie() -> str:
    """The name of the session's cookie. Cookies know no ports, so two desks on one machine need two names."""
    return f"desk-{port()}"
