"""Somebody at the page of a desk: a browser without scripts, and a clock that is moved by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from portal.desk.folder import Folder
from portal.desk.session import PERSON
from portal.desk.web.app import create_app
from portal.desk.web.door import Door
from tests.clock import Clock
from tests.desk.conftest import PASSPHRASE
from tests.web.browser import Form, Page

PORT = 8899
HOST = f"127.0.0.1:{PORT}"
COOKIE = f"desk-{PORT}"
Values = Mapping[str, str | Sequence[str]]


class Ticks:
    """Seconds, as `time.monotonic` counts them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Opened:
    """A desk whose page is open and unlocked."""

    root: Path
    clock: Clock = field(default_factory=Clock)
    ticks: Ticks = field(default_factory=Ticks)
    stopped: int = 0

    def __post_init__(self) -> None:
        self.door = Door(Folder(self.root), self.clock, self.ticks)
        self.door.unlock(PERSON, PASSPHRASE)
        self.app: Flask = create_app(self.door, self._stop)

    def _stop(self) -> None:
        self.stopped += 1


class Visitor:
    """One browser."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self._client = opened.app.test_client()

    def enter(self) -> "Visitor":
        """Open the address that the terminal shows."""
        page = self.get(f"/enter?token={self.opened.door.new_token()}")
        assert page.status == 303
        return self

    @property
    def cookie(self) -> str | None:
        found = self._client.get_cookie(COOKIE, domain="127.0.0.1")
        return found.value if found else None

    @cookie.setter
    def cookie(self, value: str) -> None:
        self._client.set_cookie(COOKIE, value, domain="127.0.0.1")

    def get(self, path: str, **headers: str) -> Page:
        """A page, wherever it redirects to."""
        return self.open("GET", path, headers)

    def follow(self, page: Page) -> Page:
        """Go where an answer sends the browser."""
        assert page.status == 303, page.html
        return self.get(page.headers["Location"])

    def post(self, path: str, values: Values | MultiDict[str, str], **headers: str) -> Page:
        """Send a form as it is."""
        return self.open("POST", path, headers, MultiDict(values))

    def submit(self, form: Form, values: Values | None = None, file: tuple[str, str, bytes] | None = None) -> Page:
        """Fill a form in and send it; `file` is field, name and content."""
        filled: MultiDict[str, Any] = form.values.copy()
        for name, value in (values or {}).items():
            filled.setlist(name, [value] if isinstance(value, str) else list(value))
        if file is None:
            return self.open("POST", form.action, {}, filled)
        field_name, name, content = file
        filled.add(field_name, FileStorage(BytesIO(content), name, field_name, "application/octet-stream"))
        boundary, body = encode_multipart(filled, "----formboundary20c95f3b")
        return self.open("POST", form.action, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body)

    def open(self, method: str, path: str, headers: Mapping[str, str], data: object = None) -> Page:
        sent = {"Host": HOST} | dict(headers)
        kind = sent.pop("Content-Type", None)
        overrides = {"SERVER_PORT": str(PORT)}
        response = self._client.open(
            path,
            method=method,
            base_url=f"http://{HOST}",
            headers=sent,
            data=data,
            content_type=kind,
            environ_overrides=overrides,
        )
        return Page(response.status_code, response.status, response.headers, response.data)

    def done(self, page: Page) -> Page:
        """The page of a job once it has ended, after the form that began it."""
        assert page.status == 303, page.html
        job = self.opened.app.extensions["jobs"].last
        assert job.finished.wait(30)
        return self.get("/job")
