import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from typing import Any

import flask
import pytest
from werkzeug.datastructures import FileStorage

from portal import limits
from portal.errors import FileTooLarge, TooManyFiles
from portal.sealing import Sealing
from portal.web import uploads as uploads_module
from portal.web.uploads import SPOOL_FOLDER, Request, Upload, clean_name, clean_type, sealing, uploads
from tests.test_spool import nameless_files

JPEG = b"\xff\xd8\xff" * 70_000


@dataclass(frozen=True)
class Allowed:
    attachment_count: int = 3
    attachment_bytes: int = 1_000_000


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> flask.Flask:
    # Werkzeug's own boundary is now and then longer than the 70 characters that RFC 2046 section 5.1.1 allows.
    monkeypatch.setattr("werkzeug.test.random", lambda: 0.5)
    made = flask.Flask(__name__)
    made.request_class = Request
    made.config[SPOOL_FOLDER] = tmp_path
    return made


def ask(app: flask.Flask, see: Callable[[], Any], status: int = 200, **request: Any) -> Any:
    """POST a request; `see` runs in it, and its result is returned."""
    seen = []

    def view() -> str:
        seen.append(see())
        return ""

    app.add_url_rule("/", view_func=view, methods=["POST"])
    assert app.test_client().post("/", **request).status_code == status
    return seen[0] if seen else None


def test_files_come_with_name_type_size_and_hash(app: flask.Flask, tmp_path: Path) -> None:
    def see() -> list[tuple[str, str, int, bytes]]:
        assert flask.request.form.getlist("city") == ["Luxembourg", "Esch"]
        assert flask.request.form["narrative"] == "é\r\n<b>"
        held = sealing(flask.request)
        assert held is not None
        assert held.sizes == [len(JPEG), 0]
        assert len(nameless_files(tmp_path)) == 1
        return [(f.name, f.type, f.size, f.sha256) for f in uploads(flask.request, Allowed())]

    sent = {
        "city": ["Luxembourg", "Esch"],
        "narrative": "é\r\n<b>",
        "attachment": [(BytesIO(JPEG), "a.jpg", "image/jpeg"), (BytesIO(b""), "empty.txt", "text/plain; charset=x")],
        "other": (BytesIO(b"x"), "x"),
    }
    assert ask(app, see, data=sent) == [
        ("a.jpg", "image/jpeg", len(JPEG), hashlib.sha256(JPEG).digest()),
        ("empty.txt", "text/plain", 0, hashlib.sha256(b"").digest()),
    ]
    assert not list(tmp_path.iterdir())


def test_an_empty_file_input_is_no_file(app: flask.Flask) -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="attachment"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--B--\r\n"
    )
    see = lambda: (uploads(flask.request, Allowed()), sealing(flask.request))  # noqa: E731
    assert ask(app, see, data=body, content_type="multipart/form-data; boundary=B") == ([], None)


@pytest.mark.parametrize("fails", [False, True])
def test_the_attachments_go_with_the_request(app: flask.Flask, fails: bool) -> None:
    held: list[Sealing | None] = []

    def see() -> None:
        held.append(sealing(flask.request))
        assert [each is not None and each.closed for each in held] == [False]
        if fails:
            raise RuntimeError

    ask(app, see, 500 if fails else 200, data={"attachment": (BytesIO(JPEG), "a.jpg")})
    assert [each is not None and each.closed for each in held] == [True]


@pytest.mark.parametrize(
    ("allowed", "error", "limit"),
    [
        (Allowed(attachment_count=1), TooManyFiles, 1),
        (Allowed(attachment_bytes=len(JPEG) - 1), FileTooLarge, len(JPEG) - 1),
    ],
)
def test_limits_say_which(app: flask.Flask, allowed: Allowed, error: type[Exception], limit: int) -> None:
    def see() -> tuple[int, str]:
        with pytest.raises(error) as caught:
            uploads(flask.request, allowed)
        # The rest of the form is there all the same.
        assert flask.request.form["narrative"] == "kept"
        return caught.value.limit, str(caught.value)  # type: ignore[attr-defined]

    sent = {"attachment": [(BytesIO(JPEG), "secret.jpg"), (BytesIO(b"x"), "b")], "narrative": "kept"}
    seen, message = ask(app, see, data=sent)
    assert seen == limit
    assert "secret" not in message


def test_a_count_that_is_just_allowed(app: flask.Flask) -> None:
    sent = {"attachment": [(BytesIO(JPEG), "a"), (BytesIO(b"x"), "b")]}
    see = lambda: len(uploads(flask.request, Allowed(2, len(JPEG))))  # noqa: E731
    assert ask(app, see, data=sent) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"a=1&b=%C3%A9+x&a=&c", 200),
        (b"x=" + b"%41" * (limits.FORM_BYTES - 2), 200),
        (b"x=" + b"%41" * limits.FORM_BYTES, 413),
        (b"&".join([b"x=1"] * limits.FORM_PARTS), 200),
        (b"&".join([b"x=1"] * (limits.FORM_PARTS + 1)), 413),
    ],
)
def test_urlencoded(app: flask.Flask, body: bytes, status: int) -> None:
    see = lambda: list(flask.request.form.items(multi=True))  # noqa: E731
    seen = ask(app, see, status, data=body, content_type="application/x-www-form-urlencoded")
    if body.startswith(b"a="):
        assert seen == [("a", "1"), ("a", ""), ("b", "é x"), ("c", "")]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data; boundary=B", b"--B\r\n", 400),
        ("multipart/form-data", b"--B--", 400),
        ("multipart/form-data; boundary=B", b"--B--", 200),
        ("text/plain", b"narrative=x", 200),
    ],
)
def test_a_malformed_form_is_refused_and_not_half_read(
    app: flask.Flask, content_type: str, body: bytes, status: int
) -> None:
    see = lambda: (dict(flask.request.form), dict(flask.request.files))  # noqa: E731
    assert ask(app, see, status, data=body, content_type=content_type) in (({}, {}), None)


def test_werkzeugs_parser_is_never_reached(app: flask.Flask) -> None:
    with app.test_request_context("/", method="POST"), pytest.raises(RuntimeError):
        flask.request._get_file_stream(1, None)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("été à la plage.png", "été à la plage.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.doc", "a.doc"),
        ("../../x", "x"),
        ("a/..", "unnamed"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("dir/", "unnamed"),
        ("a\0b\r\nc\x7f\u202ed\u2028", "abcd"),
        ("  a  ", "a"),
        ("\ud800x", "x"),
        ("x" * 300, "x" * 255),
        ("é" * 200, "é" * 127),
        ("😀" * 64, "😀" * 63),
    ],
)
def test_names(typed: str, expected: str) -> None:
    assert clean_name(typed) == expected
    assert len(clean_name(typed).encode()) <= limits.FILE_NAME_BYTES


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("image/jpeg", "image/jpeg"),
        ("Text/HTML; charset=utf-8", "text/html"),
        ("application/vnd.ms-excel.sheet+xml", "application/vnd.ms-excel.sheet+xml"),
        ("", uploads_module.UNKNOWN_TYPE),
        ("image", uploads_module.UNKNOWN_TYPE),
        ("image/<script>", uploads_module.UNKNOWN_TYPE),
        ("image/jpeg\nX: y", uploads_module.UNKNOWN_TYPE),
        ("a/" + "b" * 126, uploads_module.UNKNOWN_TYPE),
        ("a/" + "b" * 125, "a/" + "b" * 125),
    ],
)
def test_types(declared: str, expected: str) -> None:
    assert clean_type(declared) == expected


def test_an_upload_shows_no_name() -> None:
    assert "secret" not in repr(Upload("secret.jpg", "image/jpeg", 1, bytes(32)))


def test_a_header_of_a_part_cannot_break_out(app: flask.Flask) -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="attachment"; filename="a\nb"\r\n'
        b"Content-Type: a\rb\r\n\r\nx\r\n--B--\r\n"
    )
    see = lambda: [(f.name, f.type) for f in uploads(flask.request, Allowed())]  # noqa: E731
    assert ask(app, see, data=body, content_type="multipart/form-data; boundary=B") == [
        ("ab", uploads_module.UNKNOWN_TYPE)
    ]


def test_files_are_file_storages_whose_bytes_are_gone(app: flask.Flask) -> None:
    def see() -> None:
        storage = flask.request.files["attachment"]
        assert isinstance(storage, FileStorage)
        with pytest.raises(UnsupportedOperation):
            storage.read(3)

    ask(app, see, data={"attachment": (BytesIO(JPEG), "a.jpg")})


def test_a_form_without_files_has_nothing_sealed(app: flask.Flask) -> None:
    assert ask(app, lambda: sealing(flask.request), data={"narrative": "x"}) is None
