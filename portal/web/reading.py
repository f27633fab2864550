"""A form is read while it is received, and its attachments are sealed (docs/decisions/0017 and 0023).

The server's loop does it, piece by piece. What that holds in memory is bounded for all forms together, since
hundreds may be coming in. Nothing of a form but sealed attachments is ever on the disk.
"""

from pathlib import Path

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header

from portal import limits
from portal.sealing import Sealing
from portal.serving.body import Budget
from portal.spool import Piece
from portal.web.multipart import File, Reader, Text

ATTACHMENT = "attachment"
"""The field whose files go into the item; those of any other are dropped."""


class Form:
    """One multipart body: a `portal.serving.body.Keeper`."""

    def __init__(self, boundary: str, folder: Path, room: Budget) -> None:
        self._folder = folder
        self._room = room
        self._charged = 0
        self._reader = Reader(boundary, self._take)
        self.size = 0
        """Bytes that came."""
        self.sealing: Sealing | None = None
        """The item with the attachments so far; None if there is none."""

    def write(self, data: Piece) -> None:
        """More of the body; `data` must not change any more. Raises OSError if the disk is full."""
        self.size += len(data)
        self._reader.feed(data)
        due = max(self._reader.held - limits.FORM_OWN_BYTES, self._charged)
        if self._room.take(due - self._charged):
            self._charged = due
        else:
            self._reader.refuse(RequestEntityTooLarge("The form has more text than can be taken at once."))
        if self._reader.failed and self.sealing is not None:
            self.sealing.close()

    def parts(self) -> list[Text | File]:
        """The parts, when the body is whole. Raises BadRequest, RequestEntityTooLarge."""
        return self._reader.parts()

    def close(self) -> None:
        """Forget everything. More than once does no harm."""
        self._room.give_back(self._charged)
        self._charged = 0
        if self.sealing is not None:
            self.sealing.close()

    def begin(self) -> Sealing:
        """An attachment begins in the item."""
        if self.sealing is None:
            self.sealing = Sealing(self._folder)
        self.sealing.begin()
        return self.sealing

    def _take(self, name: str, file_name: str) -> "_Attachment | None":
        return _Attachment(self, is_named=bool(file_name)) if name == ATTACHMENT else None


class _Attachment:
    """One file of a form on its way into the item; an input that was left empty, with no name and no byte, is none."""

    def __init__(self, form: Form, *, is_named: bool) -> None:
        self._form = form
        self._sealing = form.begin() if is_named else None

    def write(self, piece: memoryview) -> None:
        """More of it."""
        if piece:
            self._sealing = self._sealing or self._form.begin()
            self._sealing.write(piece)

    def end(self) -> None:
        """It is whole."""
        if self._sealing is not None:
            self._sealing.end()


class Forms:
    """Makes the forms of a server: a `portal.serving.body.Keep`."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where sealed attachments lie, without a name."""
        self._folder = folder
        self._room = Budget(limits.FORMS_BYTES)

    def __call__(self, content_type: str) -> Form | None:
        """The form that a body of this Content-Type is; None for another body."""
        kind, options = parse_options_header(content_type)
        if kind.lower() != "multipart/form-data":
            return None
        return Form(options.get("boundary", ""), self._folder, self._room)
