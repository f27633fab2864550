"""One request: waitress' parser, stricter about framing (RFC 9112), with a body in a spool and limits that answer.

What another server could read in two ways is refused: that is how requests are smuggled.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import FixedStreamReceiver

from portal.serving.body import Body, Budget, Keep
from portal.serving.bounds import Bounds
from portal.serving.chunked import ChunkedReceiver

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(_TOKEN + rb" [\x21-\x7e\x80-\xff]+ HTTP/1\.[01]")
_FIELD_LINE = re.compile(rb"(" + _TOKEN + rb"):([\t\x20-\x7e\x80-\xff]*)")
_BLANKS = re.compile(rb"[\t ]{100}")


@dataclass(frozen=True)
class Refusal:
    """What waitress calls an error: why a request is answered without the application."""

    code: HTTPStatus


class Parser(HTTPRequestParser):
    """Collects one request. `error` is set, with a `code`, if the application must not see it."""

    # What an error page is made of, also where the request could not be read.
    path: str = ""
    command: str = ""
    body_rcv: FixedStreamReceiver | ChunkedReceiver | None

    def __init__(self, adjustments: Adjustments, bounds: Bounds, budget: Budget, keep: Keep) -> None:
        super().__init__(adjustments)
        self._bounds = bounds
        self._budget = budget
        self._keep = keep
        self.body: Body | None = None

    def received(self, data: bytes) -> int:
        """Take the next bytes of the connection; returns how many belong to this request."""
        consumed: int = super().received(data)
        if self.is_draining():
            self._drain()
        return consumed

    def is_draining(self) -> bool:
        """Whether the body is refused and the client does not know it yet."""
        return self.body is not None and self.body.refused is not None and self.error is None

    def _drain(self) -> None:
        """Go on reading what is dropped: Firefox shows an answer only when it has sent everything.

        A client that asked first ("Expect: 100-continue") has sent nothing, and gets its answer at once. So does one
        that means to send more than is dropped: it would wait for long, and in vain.
        """
        most = self._bounds.drain_bytes
        received = 0 if self.body is None else self.body.received
        if self.completed or self.expect_continue or self.content_length > most or received > most:
            self.end_draining()

    def end_draining(self) -> None:
        """Answer now, whatever is still to come."""
        if self.body is not None and self.body.refused is not None:
            self.error = Refusal(self.body.refused)
            self.completed = True

    @property
    def body_bytes(self) -> int:
        """Bytes of the body that were kept."""
        return 0 if self.body is None else len(self.body)

    def parse_header(self, header_plus: bytes) -> None:
        """Read request line and headers. Raises ParsingError."""
        is_coded = _check(header_plus)
        try:
            super().parse_header(header_plus)
        except ValueError:
            # A Content-Length beyond Python's limit of digits, or a URI that urlsplit cannot take.
            raise ParsingError("not a number, or not a URI") from None
        if is_coded and not self.chunked:
            raise ParsingError("Transfer-Encoding in HTTP/1.0")
        self._settle_target()
        self._settle_connection()
        self._open_body()

    def _settle_target(self) -> None:
        """One host, and a path (RFC 9112 section 3.2)."""
        if self.proxy_netloc:
            self.headers["HOST"] = self.proxy_netloc
            self.path = self.path or "/"
        host = self.headers.get("HOST")
        if (host is None and self.version == "1.1") or "," in (host or "") or not self.path.startswith("/"):
            raise ParsingError("not one host and a path")

    def _settle_connection(self) -> None:
        """Of the options of `Connection` (RFC 9110 section 7.6.1) waitress knows one that stands alone."""
        options = {option.strip(" \t").lower() for option in self.headers.get("CONNECTION", "").split(",")}
        for known in ("close", "keep-alive"):
            if known in options:
                self.headers["CONNECTION"] = known
                self.connection_close = known == "close"
                return

    def _open_body(self) -> None:
        if self.body_rcv is None:
            return
        self.body = Body(self._bounds, self._budget, self._keep(self.headers.get("CONTENT_TYPE", "")))
        if self.chunked:
            self.body_rcv = ChunkedReceiver(self.body)
        else:
            self.body_rcv = FixedStreamReceiver(self.content_length, self.body)
            if self.content_length > self._bounds.submission_bytes:
                self.body.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _check(head: bytes) -> bool:
    """Whether `head` has a transfer coding; raises ParsingError for what need not be understood.

    waitress' own expressions take quadratic time for long runs of blanks and for odd request lines: ten seconds for
    16 KiB. So what reaches them is plain. Folded headers are refused (RFC 9112 section 5.2), and so is every coding but
    chunked: with 400, since 501 would say that the fault is ours.
    """
    request_line, *lines = head.split(b"\r\n")
    if not _REQUEST_LINE.fullmatch(request_line):
        raise ParsingError("not a request line")
    names, codings = [], []
    for line in filter(None, lines):
        field = _FIELD_LINE.fullmatch(line)
        if field is None or _BLANKS.search(line):
            raise ParsingError("not a header")
        names.append(field[1].lower())
        if names[-1] == b"transfer-encoding":
            codings.append(field[2].strip(b"\t ").lower())
    if codings and (codings != [b"chunked"] or b"content-length" in names):
        raise ParsingError("not one framing that is known")
    return bool(codings)
