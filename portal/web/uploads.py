"""What a form sends: its fields in memory, its files as spans of the request's spool.

Rules kept here:
- Nothing of a body is written in clear; Werkzeug's own parser, which would do so, is never reached.
- What is read into memory is bounded: `FORM_BYTES` of names and values, `FORM_PARTS` of them.
- A file's name and type are the reporter's text: cleaned, cut, never used as a path.
"""

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
from portal.spool import Span, Spool
from portal.web import multipart, reading

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
    spool: Span = field(repr=False)
    """Its bytes, with `size` and `sha256`; until the end of the request."""


class Limits(Protocol):
    """What a deployment allows; `portal.settings.Settings` has it."""

    @property
    def attachment_count(self) -> int: ...
    @property
    def attachment_bytes(self) -> int: ...


class Request(flask.Request):
    """A request whose body is in a spool. Set it as `Flask.request_class`; leave MAX_CONTENT_LENGTH unset."""

    _own_spool: Spool | None = None

    def body(self) -> Span:
        """The whole body, from its start: the server's spool, or a copy of what another server gave."""
        stream = self.environ["wsgi.input"]
        if isinstance(stream, Span):
            return stream
        if self._own_spool is None:
            self._own_spool = Spool(self._folder())
            for piece in iter(lambda: self.stream.read(_COPY_BYTES), b""):
                self._own_spool.write(piece)
        return self._own_spool.span()

    def make_form_data_parser(self) -> FormDataParser:
        """The parser of this module instead of Werkzeug's."""
        return _FormParser(self)

    def close(self) -> None:
        """Forget the files; Flask calls it at the end of every request."""
        super().close()
        if self._own_spool is not None:
            self._own_spool.close()

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
        if mimetype == "multipart/form-data":
            body = self._request.body()
            for part in reading.parts(body, (options or {}).get("boundary", "")):
                if isinstance(part, multipart.Text):
                    fields.append((part.name, part.value))
                else:
                    files.append((part.name, _storage(body.spool, part)))
        elif mimetype == "application/x-www-form-urlencoded":
            fields = _urlencoded(self._request.body())
        storage = self._request.parameter_storage_class
        return stream, cast(MultiDict[str, str], storage(fields)), cast(MultiDict[str, FileStorage], storage(files))


def _storage(spool: Spool, part: multipart.File) -> FileStorage:
    span = spool.span(part.start, part.size, part.sha256)
    headers = Headers({"Content-Type": clean_type(part.type)})
    return FileStorage(cast(IO[bytes], span), part.file_name, part.name, headers=headers)


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


def uploads(request: flask.Request, name: str, allowed: Limits) -> list[Upload]:
    """The files of the field `name`, in their order; a file input that was left empty is none.

    Raises TooManyFiles or FileTooLarge, which carry the limit.
    """
    found = list(_chosen(request, name))
    if len(found) > allowed.attachment_count:
        raise TooManyFiles(
            f"{len(found)} files were chosen, and a report takes {allowed.attachment_count}: "
            "send the others as a follow-up.",
            allowed.attachment_count,
        )
    if any(upload.spool.size > allowed.attachment_bytes for upload in found):
        raise FileTooLarge(
            f"A file is larger than {allowed.attachment_bytes // limits.MIB} MiB: send the report without it.",
            allowed.attachment_bytes,
        )
    return found


def _chosen(request: flask.Request, name: str) -> Iterator[Upload]:
    for storage in request.files.getlist(name):
        span = cast(Span, storage.stream)
        if storage.filename or span.size:
            yield Upload(clean_name(storage.filename or ""), storage.mimetype, span)


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
