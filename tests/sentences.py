"""What an error says is a sentence: it begins with a capital or a file's path, ends with a stop, and is not shouted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.errors import PortevoixError


@contextmanager
def checked(kind: type[PortevoixError]) -> Iterator[None]:
    """While the block runs, every error of this kind is checked when it is made."""

    def init(self: PortevoixError, message: str) -> None:
        assert isinstance(message, str)
        assert re.match("[A-Z][^A-Z]|/|the standard input: ", message), message
        assert message.endswith("."), message
        assert not re.search("[A-Z]{4} [A-Z]{3}", message), message
        Exception.__init__(self, message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "__init__", init)
        yield
