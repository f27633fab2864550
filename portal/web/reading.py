"""A form is read while it is received, so that its files need not be read back to be found and hashed.

The server's loop does it, block after block: 50 µs for 64 KiB. What that holds in memory is bounded for each
connection, since hundreds may be sending; a form that would hold more is read when it is complete.
"""

from werkzeug.http import parse_options_header

from portal import limits
from portal.spool import Span
from portal.web.multipart import File, Reader, Text, read


class Ahead:
    """Reads a multipart body in a spool on its way there: a `portal.spool.Watcher`."""

    def __init__(self, boundary: str) -> None:
        self.boundary = boundary
        self.reader: Reader | None = Reader(boundary)
        """Where the reading stands; None if it was given up."""

    def __call__(self, block: bytearray) -> None:
        """Read on."""
        if self.reader is not None:
            self.reader.feed(block)
            if self.reader.held > limits.FORM_AHEAD_BYTES:
                self.reader = None


def watch(content_type: str) -> Ahead | None:
    """Who reads a body of this Content-Type while it comes: a `portal.serving.body.Watch`."""
    kind, options = parse_options_header(content_type)
    return Ahead(options.get("boundary", "")) if kind.lower() == "multipart/form-data" else None


def parts(body: Span, boundary: str) -> list[Text | File]:
    """The parts of a whole body, from where it was read to. Raises BadRequest, RequestEntityTooLarge, SpoolError."""
    ahead = body.spool.watcher
    if not isinstance(ahead, Ahead) or ahead.reader is None or ahead.boundary != boundary:
        return read(body.pieces(), boundary)
    for piece in body.spool.pieces(ahead.reader.position):
        ahead.reader.feed(piece)
    return ahead.reader.parts()
