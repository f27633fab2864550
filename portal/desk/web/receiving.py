"""What a browser sends, on its way in: nothing of it reaches a disk in clear.

Rules kept here:
- A body lies in memory while it is small, and beyond that encrypted under a key that was never written anywhere, in a
  file of the desk's own folder.
- The file of a form is let through to the disk only if it begins as something sealed: a bundle or an age file. Anything
  else, a picture chosen by mistake above all, is refused before its first byte is written.
- What came is removed when it was imported, and at the latest when the page is opened again.
"""

import io
import secrets
import tempfile
from pathlib import Path
from typing import IO, Any

import flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.receiver import FixedStreamReceiver
from waitress.utilities import BadRequest
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal.desk.folder import FILE_MODE, FOLDER_MODE, Folder
from portal.errors import PortevoixError, Refused
from portal.limits import DESK_FORM_BYTES
from portal.spool import NamelessFile, Piece, Span, Spool

_SEALED = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")
_BUNDLE = b"manifest.json\0"
_SNIFFED_BYTES = max(map(len, (*_SEALED, _BUNDLE)))


class Body:
    """The buffer behind waitress' receiver."""

    def __init__(self, folder: Path) -> None:
        self._spool = _PortableSpool(folder)

    def append(self, data: Piece) -> None:
        """Keep what came. Raises OSError if the disk is full."""
        self._spool.write(data)

    def getfile(self) -> Span:
        """The body as a file to read: `wsgi.input`."""
        return self._spool.span()

    def close(self) -> None:
        """Forget it."""
        self._spool.close()

    def __len__(self) -> int:
        return self._spool.size


class _PortableFile(NamelessFile):
    """One that Windows can make as well: there it has a name until it is closed."""

    def write(self, at: int, data: Piece) -> None:
        """Write all of `data`, the first byte at `at`. Raises OSError."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
        self._file.seek(at)
        _write(self._file, data)

    def read(self, at: int, size: int) -> bytes:
        """`size` bytes from `at`. Raises SpoolError if so many were never written, or the file was cut short."""
        if self._file is None:
            return super().read(at, size)
        self._file.seek(at)
        return self._whole(self._file.read(size), size)


class _PortableSpool(Spool):
    """A spool on the machines of all desks."""

    _file_kind = _PortableFile


class Parser(HTTPRequestParser):
    """One request. No browser sends a body in chunks, so nothing else may."""

    body_rcv: FixedStreamReceiver | None

    def __init__(self, adjustments: Adjustments, folder: Path) -> None:
        super().__init__(adjustments)
        self._folder = folder

    def parse_header(self, header_plus: bytes) -> None:
        """Read request line and headers, and make room for the body. Raises ParsingError."""
        super().parse_header(header_plus)
        if self.chunked:
            self.error = BadRequest("a body in chunks is not taken")
            self.completed = True
        elif self.body_rcv is not None:
            self.body_rcv = FixedStreamReceiver(self.content_length, Body(self._folder))


class Channel(HTTPChannel):
    """One connection."""

    def __init__(self, server: Any, *arguments: Any, **named: Any) -> None:
        self.parser_class = lambda adjustments: Parser(adjustments, server.folder)
        super().__init__(server, *arguments, **named)


class Request(flask.Request):
    """A request whose file, if it brings one, is sealed."""

    max_form_memory_size = DESK_FORM_BYTES

    def _load_form_data(self) -> None:
        try:
            # A form without files is read at once; a byte of it may be written as three.
            if self.mimetype != "multipart/form-data" and (self.content_length or 0) > 3 * DESK_FORM_BYTES:
                raise RequestEntityTooLarge
            super()._load_form_data()
        except (PortevoixError, HTTPException):
            # The page for this error must not begin to read the form once more, in the middle.
            self.__dict__["form"] = self.__dict__["files"] = ImmutableMultiDict[str, Any]()
            raise

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return _Landing(flask.current_app.extensions["desk"].place)  # type: ignore[return-value]


class _Landing(io.RawIOBase):
    """A file of a form, written where nothing but what is sealed may be."""

    def __init__(self, place: Folder) -> None:
        super().__init__()
        self._place = place
        self._start = b""
        self._file: io.FileIO | None = None
        self.path: Path | None = None
        """Where it lies; None for an empty file."""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Raises Refused if it does not begin as something sealed."""
        if self._file is None:
            self._start += bytes(data)
            if len(self._start) >= _SNIFFED_BYTES:
                self._land()
        else:
            _write(self._file, data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Called when the file is whole."""
        if self._file is None and self._start:
            self._land()
        if self._file is not None:
            self._file.close()
        return 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()

    def _land(self) -> None:
        if not self._start.startswith((*_SEALED, _BUNDLE)):
            raise Refused(
                "This file is neither a bundle of a portal nor a sealed item, and nothing of it was kept: "
                "choose the file that the portal exported."
            )
        self.path = incoming(self._place) / f"{secrets.token_hex(8)}.sealed"
        self._file = self.path.open("xb", buffering=0)
        self.path.chmod(FILE_MODE)
        _write(self._file, self._start)


def incoming(place: Folder) -> Path:
    """The folder in which sealed files lie between the browser and their import."""
    folder = place.root / "incoming"
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return folder


def sweep(place: Folder) -> None:
    """Remove what an earlier page left there."""
    folder = place.root / "incoming"
    if folder.is_dir():
        for path in folder.glob("*.sealed"):
            path.unlink(missing_ok=True)
        folder.rmdir()


def landed(storage: Any) -> Path | None:
    """Where the file of a form lies now; None if none was chosen."""
    stream = getattr(storage, "stream", None)
    return stream.path if isinstance(stream, _Landing) else None


def remove(path: Path | None) -> None:
    """Remove what came, once it was taken or refused."""
    if path is not None:
        path.unlink(missing_ok=True)


def _write(file: io.FileIO, data: Piece) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
