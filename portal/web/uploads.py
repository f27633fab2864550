"""What a form sends: its fields in memory, its attachments sealed already, of which name, type, size and hash are left.

Rules kept here:
- Nothing of a body is written in clear; Werkzeug's own parser, which would do so, is never reached.
- What is read into memory is bounded: `FORM_BYTES` of names and values, `FORM_PARTS` of them.
- A file's name and type are the reporter's text: cleaned, cut, never used as a path.
"""

import io
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol, cast
from urllib.parse import parse_qsl

import flask
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from portal import limits
from portal.errors import FileTooLarge, TooManyFiles
from portal.sealing import Sealing
from portal.spool import Span, Spool
from portal.web import multipart
from portal.web.reading import ATTACHMENT, Form, Forms

SPOOL_FOLDER = "SPOOL_FOLDER"
"""Key of the application's configuration: where a body lies that did not come in a spool."""
UNNAMED = "unnamed"
UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")  # RFC 6838 section 4.2
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that a name has no use for: control, direction and invisible characters, line breaks."""
_COPY_BYTES = 64 * limits.KIB

_Form = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


@dataclass(frozen=True)
class Upload:
    """One file as it came: `name` at most 255 bytes of UTF-8, `type` at most 127 bytes, both the reporter's."""

    name: str = field(repr=False)
    type: str
    size: int
    sha256: bytes = field(repr=False)


class Limits(Protocol):
    """What a deployment allows; `portal.settings.Settings` has it."""

    @property
    def attachment_count(self) -> int: ...
    @property
    def attachment_bytes(self) -> int: ...


class Request(flask.Request):
    """A request whose body is a `Form` or in a spool.

    Set it as `Flask.request_class`, and leave MAX_CONTENT_LENGTH unset.
    """

    _own: Form | Spool | None = None
    """What the body went into if another server than ours brought it."""

    def received(self) -> Form | Span:
        """The whole body: what our server made of it, or the same of what another server gave."""
        stream = self.environ["wsgi.input"]
        if isinstance(stream, Form | Span):
            return stream
        if self._own is None:
            self._own = Forms(self._folder())(self.content_type or "") or Spool(self._folder())
            for piece in iter(lambda: self.stream.read(_COPY_BYTES), b""):
                self._own.write(piece)
        return self._own.span() if isinstance(self._own, Spool) else self._own

    def make_form_data_parser(self) -> FormDataParser:
        """The parser of this module instead of Werkzeug's."""
        return _FormParser(self)

    def close(self) -> None:
        """Forget the body; Flask calls it at the end of every request."""
        super().close()
        if self._own is not None:
            self._own.close()

    def _get_file_stream(self, *arguments: Any, **named: Any) -> NoReturn:
        raise RuntimeError("Werkzeug's own form parser must not run: it writes files in clear.")

    def _folder(self) -> Path:
        return Path(flask.current_app.config.get(SPOOL_FOLDER) or tempfile.gettempdir())


class _FormParser(FormDataParser):
    """Reads a form. Raises BadRequest for one that is malformed, RequestEntityTooLarge for one that is too long."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> _Form:
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, FileStorage]] = []
        body = self._request.received()
        if isinstance(body, Form):
            for part in body.parts():
                if isinstance(part, multipart.Text):
                    fields.append((part.name, part.value))
                else:
                    files.append((part.name, _storage(part)))
        elif mimetype == "application/x-www-form-urlencoded":
            fields = _urlencoded(body)
        storage = self._request.parameter_storage_class
        return stream, cast(MultiDict[str, str], storage(fields)), cast(MultiDict[str, FileStorage], storage(files))


class _Gone(io.RawIOBase):
    """The bytes of a file, which nobody here can read any more, and what is known of them."""

    def __init__(self, size: int, sha256: bytes) -> None:
        super().__init__()
        self.size = size
        self.sha256 = sha256

    def readinto(self, buffer: Any) -> NoReturn:
        """Raises UnsupportedOperation."""
        raise io.UnsupportedOperation("The bytes of this file are sealed.")


def _storage(part: multipart.File) -> FileStorage:
    headers = Headers({"Content-Type": clean_type(part.type)})
    return FileStorage(cast(IO[bytes], _Gone(part.size, part.sha256)), part.file_name, part.name, headers=headers)


def _urlencoded(body: Span) -> list[tuple[str, str]]:
    """The fields of a body (WHATWG URL, application/x-www-form-urlencoded)."""
    # A byte may be written as three.
    if body.size > 3 * limits.FORM_BYTES:
        raise RequestEntityTooLarge("The form has more text than can be taken at once.")
    text = body.readall().decode("utf-8", "replace")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=limits.FORM_PARTS)
    except ValueError:
        raise RequestEntityTooLarge("The form has too many fields.") from None


def uploads(request: flask.Request, allowed: Limits) -> list[Upload]:
    """The attachments, in their order; a file input that was left empty is none.

    Raises TooManyFiles or FileTooLarge, which carry the limit.
    """
    found = list(_chosen(request))
    if len(found) > allowed.attachment_count:
        raise TooManyFiles(
            f"{len(found)} files were chosen, and a report takes {allowed.attachment_count}: "
            "send the others as a follow-up.",
            allowed.attachment_count,
        )
    if any(upload.size > allowed.attachment_bytes for upload in found):
        raise FileTooLarge(
            f"A file is larger than {allowed.attachment_bytes // limits.MIB} MiB: send the report without it.",
            allowed.attachment_bytes,
        )
    return found


def _chosen(request: flask.Request) -> Iterator[Upload]:
    for storage in request.files.getlist(ATTACHMENT):
        gone = cast(_Gone, storage.stream)
        if storage.filename or gone.size:
            yield Upload(clean_name(storage.filename or ""), storage.mimetype, gone.size, gone.sha256)


def sealing(request: flask.Request) -> Sealing | None:
    """The item with what `uploads` gives; None if that is nothing. It is closed at the end of the request."""
    body = cast(Request, request).received()
    return body.sealing if isinstance(body, Form) else None


def clean_name(text: str) -> str:
    """A file name without folders and without characters that cannot be seen, at most 255 bytes of UTF-8.

    It stays untrusted text: nothing may use it as a path.
    """
    last = re.split(r"[/\\]", text)[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in _UNSEEN)
    cut = seen.encode()[: limits.FILE_NAME_BYTES].decode("utf-8", "ignore").strip()
    return cut if cut.strip(".") else UNNAMED


def clean_type(text: str) -> str:
    """A declared media type without parameters, in lower case; what is none becomes application/octet-stream."""
    kind = text.partition(";")[0].strip().lower()
    return kind if len(kind) <= limits.MEDIA_TYPE_BYTES and _TYPE.fullmatch(kind) else UNKNOWN_TYPE
