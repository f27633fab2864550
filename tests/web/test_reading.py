"""A form that was read on its way into the spool gives what it gives when it is read from there."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from portal import limits
from portal.spool import Spool
from portal.web import reading
from portal.web.multipart import File, read
from portal.web.reading import Ahead, watch

TYPE = "multipart/form-data; boundary=B"
FIELD = b'--B\r\nContent-Disposition: form-data; name="t"\r\n\r\ntext\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
END = b"\r\n--B--\r\n"
LARGE = bytes(range(256)) * 1000


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path, watcher=watch(TYPE)) as made:
        yield made


def ahead(spool: Spool) -> Ahead:
    assert isinstance(spool.watcher, Ahead)
    return spool.watcher


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(FIELD + FILE + b"small" + END, id="never left memory"),
        pytest.param(FIELD + FILE + LARGE + END, id="a file"),
        pytest.param(FILE + LARGE + b"\r\n" + FIELD + FILE + LARGE + END, id="two files and a field between"),
        pytest.param(FILE + LARGE + END + LARGE, id="a long epilogue"),
        pytest.param(FIELD * 500 + FILE + LARGE + END, id="too many fields to be read ahead"),
    ],
)
def test_same_parts(spool: Spool, body: bytes) -> None:
    for start in range(0, len(body), 10_000):
        spool.write(body[start : start + 10_000])
    found = reading.parts(spool.span(), "B")
    assert found == read([body], "B")
    for part in found:
        if isinstance(part, File):
            content = b"".join(spool.pieces(part.start, part.size))
            assert hashlib.sha256(content).digest() == part.sha256


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(FILE + LARGE, BadRequest, id="cut short"),
        pytest.param(b"--B\r\n\r\n\r\n" + LARGE + END, BadRequest, id="no headers"),
        pytest.param(FIELD[:-2] + LARGE + LARGE + END, RequestEntityTooLarge, id="a long text"),
    ],
)
def test_same_errors(spool: Spool, body: bytes, error: type[Exception]) -> None:
    spool.write(body)
    with pytest.raises(error):
        reading.parts(spool.span(), "B")


def test_what_was_read_ahead_is_not_read_back(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.write(FILE + LARGE + END)
    read_back: list[int] = []
    block = spool.block
    monkeypatch.setattr(spool, "block", lambda number: read_back.append(number) or block(number))
    reading.parts(spool.span(), "B")
    assert read_back == [spool.size // Spool.block_bytes]


def test_a_file_takes_no_memory(spool: Spool) -> None:
    spool.write(FIELD + FILE + LARGE * 4)
    reader = ahead(spool).reader
    assert reader is not None
    assert reader.held < 2 * limits.KIB


@pytest.mark.parametrize("body", [FIELD[:-2] + bytes(300_000), FIELD * 5_000], ids=["one text", "many"])
def test_reading_ahead_is_given_up_when_it_would_take_much_memory(spool: Spool, body: bytes) -> None:
    spool.write(body)
    assert ahead(spool).reader is None


def test_another_boundary_reads_anew(spool: Spool) -> None:
    body = FILE + LARGE + END
    spool.write(body.replace(b"--B", b"--C"))
    assert reading.parts(spool.span(), "C") == read([body], "B")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=B"])
def test_other_bodies_are_not_watched(kind: str) -> None:
    assert watch(kind) is None


def test_a_closed_spool_forgets_what_was_read(spool: Spool) -> None:
    spool.close()
    assert spool.watcher is None
