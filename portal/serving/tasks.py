"""One answer: what the application gives, or an error page; never a word of waitress' own.

The bytes on the wire are exactly the application's status line, headers and body. The server adds one header only,
where HTTP needs it (RFC 9112 section 9.3):

    HTTP/1.1                              nothing
    HTTP/1.1, client sent close           Connection: close
    HTTP/1.0                              Connection: close
    HTTP/1.0, client sent keep-alive      Connection: Keep-Alive
    error page of the server              Connection: close

and `Content-Length` and `Date` (the day, at midnight: a precise clock identifies a machine) if they were left out.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from wsgiref.handlers import format_date_time

from waitress.task import ErrorTask as WaitressErrorTask
from waitress.task import WSGITask

from portal.serving import discreet

Headers = list[tuple[str, str]]
ErrorPage = Callable[[int, str, str], tuple[str, Headers, bytes]]
"""Makes the page for a status of 400, 413, 431, 500, 503 or 507, from the path that was asked for and the
request's Accept-Language ("" where the request could not be read): status line without the version
("413 REQUEST ENTITY TOO LARGE"), headers, body. The answer goes out with `Connection: close`. Called in any thread."""

_DAY_SECONDS = 86_400


class _Exact:
    """What both kinds of task share: the front of the answer as it goes out."""

    def build_response_header(self: Any) -> bytes:
        """Status line and headers. waitress decides on keep-alive; its clock, and its doubled Connection, stay out."""
        dated = any(name.lower() == "date" for name, _ in self.response_headers)
        super().build_response_header()  # type: ignore[misc]
        headers = [
            (name, value) for name, value in self.response_headers if name != "Connection" and (dated or name != "Date")
        ]
        if not dated:
            headers.append(("Date", format_date_time(time.time() // _DAY_SECONDS * _DAY_SECONDS)))
        if self.close_on_finish:
            headers.append(("Connection", "close"))
        elif self.version == "1.0":
            headers.append(("Connection", "Keep-Alive"))
        lines = [f"HTTP/{self.version} {self.status}", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Task(_Exact, WSGITask):
    """The application's answer."""

    logger = discreet.Discreet()


class ErrorTask(_Exact, WaitressErrorTask):
    """The caller's page for a request that the application does not see, or failed at. The connection closes."""

    logger = discreet.Discreet()

    def execute(self) -> None:
        """Write the page."""
        # After a failure of the application waitress gives a made-up request; the real one is still the channel's.
        asked = self.channel.requests[0]
        code = HTTPStatus(self.request.error.code)
        self.status, headers, body = self._page(code, asked.path, asked.headers.get("ACCEPT_LANGUAGE", ""))
        self.response_headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        self.response_headers.append(("Content-Length", str(len(body))))
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(b"" if asked.command == "HEAD" else body)

    def _page(self, code: HTTPStatus, path: str, accept_language: str) -> tuple[str, Headers, bytes]:
        page: ErrorPage = self.channel.server.error_page
        try:
            return page(code.value, path, accept_language)
        except Exception:  # noqa: BLE001  (an error page that fails must not leave the client without an answer)
            discreet.failure()
            return f"{code.value} {code.phrase}", [("Cache-Control", "no-store")], b""
