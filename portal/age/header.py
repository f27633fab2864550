"""The textual header of an age file (C2SP age.md, "Header").

    header     = "age-encryption.org/v1" LF 1*stanza end
    stanza     = arg-line *full-line final-line
    arg-line   = "->" 1*(SP argument) LF         argument = 1*VCHAR
    full-line  = 64base64char LF                 48 bytes of the body
    final-line = *63base64char LF                the rest of it, maybe nothing
    end        = "---" SP 43base64char LF        HMAC-SHA-256, 32 bytes

What is accepted encodes to the same bytes again.
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from portal.age import limits
from portal.age.primitives import Piece, decode_base64, encode_base64, hkdf
from portal.errors import HeaderFailure, HMACFailure

MAGIC = b"age-encryption.org/"
_VERSION_LINE = MAGIC + b"v1"
_COLUMNS = 64
_MAC_BYTES = 32
_ARGUMENTS = re.compile(rb"->(?: [!-~]+)+")
_MAC_MARK = b"---"


@dataclass(frozen=True)
class Stanza:
    """The file key, wrapped for one recipient: the arguments, the first of which is the type, and the raw body."""

    arguments: tuple[str, ...]
    body: bytes

    @property
    def type(self) -> str:
        return self.arguments[0]

    def __bytes__(self) -> bytes:
        body = encode_base64(self.body)
        # A body that fills its last line is followed by an empty one: only a short line ends a stanza.
        lines = [" ".join(("->", *self.arguments))]
        lines += [body[start : start + _COLUMNS] for start in range(0, len(body) + 1, _COLUMNS)]
        return "".join(line + "\n" for line in lines).encode("ascii")


class Recipient(Protocol):
    """Somebody to encrypt to."""

    def wrap(self, file_key: bytes) -> Stanza:
        """Wraps the file key (16 bytes)."""


class Identity(Protocol):
    """What opens the files that were encrypted to its recipient."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """The file key (16 bytes), or None if no stanza is for this identity.

        Raises HeaderFailure for a stanza of its own type that breaks that type's rules.
        """


@dataclass(frozen=True)
class Header:
    """A header; `covered` are the bytes that its MAC covers, from the version line through the three dashes."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes

    @classmethod
    def build(cls, stanzas: Sequence[Stanza], file_key: bytes) -> "Header":
        """The header of a new file."""
        covered = _VERSION_LINE + b"\n" + b"".join(map(bytes, stanzas)) + _MAC_MARK
        return cls(tuple(stanzas), covered, _mac(file_key, covered))

    @classmethod
    def read(cls, reader: "Reader") -> "Header":
        """Takes a header off the front. Raises HeaderFailure if it breaks the grammar above or a limit."""
        lines = _Lines(reader)
        if lines.next() != _VERSION_LINE:
            raise HeaderFailure("This is not an age file of version 1: its first line is another.")
        stanzas: list[Stanza] = []
        while _ARGUMENTS.fullmatch(line := lines.next()):
            if len(stanzas) == limits.HEADER_STANZAS:
                raise HeaderFailure(f"The header has more than {limits.HEADER_STANZAS} stanzas.")
            arguments = tuple(line.decode("ascii").split(" ")[1:])
            stanzas.append(Stanza(arguments, _read_body(lines)))
        if not stanzas or not line.startswith(_MAC_MARK + b" "):
            raise HeaderFailure("The header has a line that is neither a stanza nor the MAC.")
        mac = _decode(line[len(_MAC_MARK) + 1 :])
        if len(mac) != _MAC_BYTES:
            raise HeaderFailure("The MAC of the header does not have 32 bytes.")
        return cls(tuple(stanzas), bytes(lines.taken[: -len(line) - 1]) + _MAC_MARK, mac)

    def verify(self, file_key: bytes) -> None:
        """Raises HMACFailure if the header is not the one that was made with this file key."""
        if not hmac.compare_digest(_mac(file_key, self.covered), self.mac):
            raise HMACFailure("The header of the file was changed after it was made.")

    def __bytes__(self) -> bytes:
        return self.covered + b" " + encode_base64(self.mac).encode("ascii") + b"\n"


class Reader:
    """Takes lines and byte counts off the front of a stream of pieces, without copying what follows."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = iter(pieces)
        self._current = memoryview(b"")

    def line(self, limit: int) -> bytes:
        """The next line without its LF. Raises HeaderFailure if it has more than `limit` bytes or no LF."""
        line = b""
        while True:
            part = bytes(self._current[: limit + 1 - len(line)])
            end = part.find(b"\n")
            if end >= 0:
                self._current = self._current[end + 1 :]
                return line + part[:end]
            line += part
            if len(line) > limit:
                raise HeaderFailure("The header is longer than any that is accepted here.")
            self._current = self._current[len(part) :]
            if not self._current and not self._advance():
                raise HeaderFailure("The file ends within its header.")

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end of the stream."""
        taken = b""
        while len(taken) < size and (self._current or self._advance()):
            part = bytes(self._current[: size - len(taken)])
            self._current = self._current[len(part) :]
            taken += part
        return taken

    def rest(self) -> Iterator[Piece]:
        """Everything that was not taken."""
        yield self._current
        yield from self._pieces

    def _advance(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._current = memoryview(piece)
                return True
        return False


class _Lines:
    """The lines of a header, within the limits, and all bytes of them so far."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.taken = bytearray()

    def next(self) -> bytes:
        line = self._reader.line(min(limits.HEADER_LINE_BYTES, limits.HEADER_BYTES - len(self.taken)))
        self.taken += line + b"\n"
        return line


def _read_body(lines: _Lines) -> bytes:
    body = [lines.next()]
    while len(body[-1]) == _COLUMNS:
        body.append(lines.next())
    if len(body[-1]) > _COLUMNS:
        raise HeaderFailure("The body of a stanza has a line of more than 64 characters.")
    return _decode(b"".join(body))


def _decode(text: bytes) -> bytes:
    try:
        return decode_base64(text.decode("ascii"))
    except ValueError:
        raise HeaderFailure("The header has bytes that are not canonical base64.") from None


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(hkdf(file_key, b"", b"header"), covered, "sha256")
