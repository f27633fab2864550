"""JSON in its one canonical form (RFC 8785), to and from typed structures.

A reader refuses a document whose bytes are not the canonical form of what it says, so that a signature or
a hash over the bytes is one over the meaning.
"""

from typing import Any, TypeVar

import msgspec
import rfc8785

from portal.errors import FormatError

Structure = TypeVar("Structure", bound=msgspec.Struct)


def dumps(value: Any) -> bytes:
    """The RFC 8785 form of a structure, or of dictionaries, lists, strings and whole numbers.

    Raises FormatError if it has no such form (a number beyond 53 bits, an unpaired surrogate).
    """
    try:
        return rfc8785.dumps(msgspec.to_builtins(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, TypeError):
        raise FormatError("This cannot be written as canonical JSON.") from None


def loads(data: bytes, kind: type[Structure], what: str, error: type[FormatError]) -> Structure:
    """The structure of type `kind` that `data` says. Raises `error`, its message beginning with `what`."""
    try:
        value = msgspec.json.decode(data, type=kind, strict=True)
        if dumps(value) == data:
            return value
    except (msgspec.MsgspecError, FormatError, UnicodeDecodeError, RecursionError):
        pass
    raise error(f"{what} is not as docs/format.md says: it was changed, or made by another version.")
