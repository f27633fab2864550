"""Forms with files through the whole server, into Flask, and out of Firefox."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask
import pytest

from portal.sealing import Sealing
from portal.serving import Bounds, Server, preview
from portal.web.uploads import Request, sealing, uploads
from tests.e2e.browser import Browser
from tests.serving.world import ERROR_BODY, World, post
from tests.test_spool import nameless_files

FILE = bytes(range(256)) * 2000
FORM = b"""<form method="post" enctype="multipart/form-data">
<input type="file" name="attachment"><button>Send</button></form>"""


@dataclass(frozen=True)
class Allowed:
    attachment_count: int = 3
    attachment_bytes: int = 1_000_000


def multipart(*files: bytes) -> bytes:
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="attachment"; filename="%d"\r\n\r\n%b\r\n' % (number, content)
        for number, content in enumerate(files)
    ]
    return b"".join(parts) + b"--B--\r\n"


@pytest.mark.parametrize("length", ["Content-Length", "chunked"])
def test_files_are_sealed_as_they_come(serve: Callable[..., World], length: str) -> None:
    app = flask.Flask(__name__)
    app.request_class = Request
    held: list[Sealing | None] = []

    @app.post("/")
    def take() -> str:
        held.append(sealing(flask.request))
        # The body is here once, and nothing was copied.
        assert len(nameless_files(world.spool)) == 1
        return json.dumps([(upload.name, upload.sha256.hex()) for upload in uploads(flask.request, Allowed())])

    world = serve(wsgi=app, keeps_forms=True)
    body = multipart(FILE, b"", FILE[7:])
    raw = post(body, "Content-Type: multipart/form-data; boundary=B", path="/")
    if length == "chunked":
        raw = raw.replace(b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked")
        raw = raw[: -len(body)] + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    answer = world.ask(raw)
    assert answer.status == 200
    expected = [[str(n), hashlib.sha256(file).hexdigest()] for n, file in enumerate([FILE, b"", FILE[7:]])]
    assert json.loads(answer.body) == expected
    world.until(lambda: all(each is not None and each.closed for each in held))
    assert len(held) == 1


@pytest.mark.e2e
def test_firefox_shows_that_a_file_was_too_large(tmp_path: Path) -> None:
    """Firefox reads an answer only after it has sent everything: a server that stops reading shows nothing."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = b"taken" if environ["REQUEST_METHOD"] == "POST" else FORM
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
        return [body]

    def error(status: int, path: str, accept_language: str) -> tuple[str, list[tuple[str, str]], bytes]:
        return f"{status} OURS", [("Content-Type", "text/html")], ERROR_BODY

    film = tmp_path / "film.bin"
    with film.open("wb") as file:
        file.truncate(60_000_000)
    socket = preview("127.0.0.1:0")
    host, port = socket.getsockname()
    server = Server(app, [socket], error, Bounds(spool=tmp_path, submission_bytes=10_000_000))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with Browser() as browser:
            browser.open(f"http://{host}:{port}/")
            browser.type("attachment", str(film))
            browser.find("button").click()
            assert browser.text("body") == "our own page"
    finally:
        server.stop()
        thread.join()
