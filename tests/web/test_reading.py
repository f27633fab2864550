"""A form is read while it comes, and its attachments are sealed as they come."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from portal import limits
from portal.age import HybridIdentity, decrypt
from portal.parcel import Parcel
from portal.serving.body import Budget
from portal.web.multipart import read
from portal.web.reading import Form, Forms
from tests.test_spool import nameless_files

TYPE = "multipart/form-data; boundary=B"
FIELD = b'--B\r\nContent-Disposition: form-data; name="t"\r\n\r\ntext\r\n'
END = b"--B--\r\n"
LARGE = bytes(range(256)) * 1000
DESK = HybridIdentity.generate()


def file(content: bytes, name: str = "attachment", file_name: str = "b") -> bytes:
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


@pytest.fixture
def form(tmp_path: Path) -> Iterator[Form]:
    made = Forms(tmp_path)(TYPE)
    assert made is not None
    yield made
    made.close()


def send(form: Form, body: bytes) -> None:
    for start in range(0, len(body), 10_000):
        form.write(body[start : start + 10_000])


def attachments(form: Form) -> list[bytes]:
    """What the item holds."""
    if form.sealing is None:
        return []
    form.sealing.finish(b"{}", bytes(64), "", [DESK.recipient])
    return [b"".join(pieces) for _, _, pieces in Parcel(decrypt([DESK], form.sealing.pieces())).attachments()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(FIELD + END, [], id="no file"),
        pytest.param(FIELD + file(b"small"), [b"small"], id="never on the disk"),
        pytest.param(FIELD + file(LARGE), [LARGE], id="a file"),
        pytest.param(file(LARGE) + FIELD, [LARGE], id="a file before a field"),
        pytest.param(file(b"1") + FIELD + file(LARGE) + file(b"3"), [b"1", LARGE, b"3"], id="in their order"),
        pytest.param(file(LARGE, "other") + file(b"x"), [b"x"], id="the files of another field are dropped"),
        pytest.param(file(b"", file_name="") + FIELD, [], id="an input that was left empty"),
        pytest.param(file(b"", file_name="") + file(b"x"), [b"x"], id="one that was left empty, and one that was not"),
        pytest.param(file(b"") + file(LARGE) + file(b""), [b"", LARGE, b""], id="empty files"),
        pytest.param(file(b"x", file_name=""), [b"x"], id="a file without a name"),
        pytest.param(FIELD * 500 + file(LARGE), [LARGE], id="many fields"),
        pytest.param(file(LARGE) + END + LARGE, [LARGE], id="a long epilogue"),
    ],
)
def test_attachments_are_sealed_in_their_order(form: Form, body: bytes, expected: list[bytes]) -> None:
    send(form, body + END)
    assert form.size == len(body + END)
    assert form.parts() == read([body + END], "B")
    assert attachments(form) == expected


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(file(LARGE)[:-2], BadRequest, id="cut short"),
        pytest.param(file(LARGE) + b"--B\r\n\r\n\r\n" + LARGE + END, BadRequest, id="no headers"),
        pytest.param(file(LARGE) + FIELD[:-2] + LARGE + LARGE + b"\r\n" + END, RequestEntityTooLarge, id="a long text"),
    ],
)
def test_what_cannot_be_read(form: Form, body: bytes, error: type[Exception]) -> None:
    send(form, body)
    for _ in range(2):
        with pytest.raises(error):
            form.parts()


def test_the_files_of_a_form_that_cannot_be_read_go_at_once(form: Form, tmp_path: Path) -> None:
    send(form, file(LARGE))
    assert len(nameless_files(tmp_path)) == 1
    send(form, b"--B\r\n\r\n\r\n")
    assert not nameless_files(tmp_path)
    # More of it does no harm.
    send(form, LARGE + END)


def test_a_form_without_attachments_needs_no_disk(form: Form, tmp_path: Path) -> None:
    send(form, FIELD * 400 + file(LARGE, "other") + END)
    assert form.sealing is None
    assert not nameless_files(tmp_path)


def test_a_file_takes_no_memory(form: Form) -> None:
    send(form, FIELD + file(LARGE * 4))
    assert form._reader.held < 2 * limits.KIB


def test_what_all_forms_hold_is_bounded(tmp_path: Path) -> None:
    room = Budget(100_000)
    text = FIELD[:-2] + bytes(limits.FORM_OWN_BYTES + 60_000) + b"\r\n" + END
    first, second, third = (Form("B", tmp_path, room) for _ in range(3))
    send(first, text)
    assert 60_000 <= room.taken < 65_000
    send(second, text)
    with pytest.raises(RequestEntityTooLarge):
        second.parts()
    assert first.parts() == read([text], "B")
    # What a form may hold by itself is never refused.
    send(third, FIELD * 100 + END)
    assert len(third.parts()) == 100
    for form in (first, second, third):
        for _ in range(2):
            form.close()
    assert room.taken == 0


def test_a_closed_form_forgets_its_files(form: Form, tmp_path: Path) -> None:
    send(form, file(LARGE))
    assert len(nameless_files(tmp_path)) == 1
    form.close()
    assert not nameless_files(tmp_path)


def test_a_full_disk_is_passed_on() -> None:
    form = Forms(Path("/nonexistent"))(TYPE)
    assert form is not None
    with pytest.raises(FileNotFoundError):
        send(form, file(LARGE))
    form.close()


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=B"])
def test_other_bodies_are_no_forms(kind: str, tmp_path: Path) -> None:
    assert Forms(tmp_path)(kind) is None
