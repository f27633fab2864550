"""A reporter without a browser: opens pages, fills in their forms and sends them, as a browser without scripts does."""

import http.client
import secrets
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

TIMEOUT_SECONDS = 300
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


@dataclass
class Form:
    """A form as the page has it: where it goes, and what it would send untouched."""

    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)

    def filled(self, values: Mapping[str, str | Sequence[str]]) -> list[tuple[str, str]]:
        """What it sends when these values are filled in. Raises KeyError for a field that it does not have."""
        if unknown := values.keys() - self.names:
            raise KeyError(f"the form has no field {', '.join(sorted(unknown))}")
        kept = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            kept += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return kept


class Page(HTMLParser):
    """An answer: status, headers, and what is on the page."""

    def __init__(self, url: str, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        super().__init__()
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body
        self.forms: list[Form] = []
        self.texts: dict[str, str] = {}
        """The text of each element with an id."""
        self.replies: list[tuple[str, str]] = []
        """Status and text of each answer."""
        self.roles: list[str] = []
        self._stack: list[tuple[str, str | None, bool]] = []
        self._select: str | None = None
        self._option: str | None = None
        self._area: tuple[str, list[str]] | None = None
        self.feed(body.decode())
        self.close()

    def form(self, name: str) -> Form:
        """The form that has a field called `name`."""
        return next(form for form in self.forms if name in form.names)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if role := attributes.get("role"):
            self.roles.append(role)
        if tag == "form":
            self.forms.append(Form(attributes.get("action") or self.url))
        elif tag in ("input", "select", "textarea") and self.forms:
            self._field(tag, attributes)
        elif tag == "option" and self._select is not None:
            value = attributes.get("value") or ""
            if self._option is None or "selected" in attributes:
                self._option = value
        reply = "reply" in (attributes.get("class") or "").split()
        if reply:
            self.replies.append((attributes.get("data-status") or "", ""))
        if identifier := attributes.get("id"):
            self.texts.setdefault(identifier, "")
        if tag not in _VOID:
            self._stack.append((tag, attributes.get("id"), reply))

    def _field(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        form, name, kind = self.forms[-1], attributes.get("name"), attributes.get("type") or "text"
        if not name:
            return
        form.names.add(name)
        if "required" in attributes:
            form.required.add(name)
        if tag == "select":
            self._select, self._option = name, None
        elif tag == "textarea":
            self._area = name, []
        elif kind in ("radio", "checkbox"):
            if "checked" in attributes:
                form.fields.append((name, attributes.get("value") or "on"))
        elif kind not in ("submit", "file", "image", "reset", "button"):
            form.fields.append((name, attributes.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            self.forms[-1].fields.append((self._select, self._option or ""))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            name, text = self._area
            self.forms[-1].fields.append((name, "".join(text).removeprefix("\n")))
            self._area = None
        while self._stack and self._stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        for _, identifier, reply in self._stack:
            if identifier:
                self.texts[identifier] += data
            if reply:
                status, text = self.replies[-1]
                self.replies[-1] = status, text + data


@dataclass(frozen=True)
class Upload:
    """A file to send: its name, its declared type, its content in pieces and their total size in bytes."""

    name: str
    type: str
    size: int
    pieces: Iterable[bytes]


Connect = Callable[[str], http.client.HTTPConnection]
"""Makes a connection to a host: `direct`, or one through Tor or a socket."""


def direct(host: str) -> http.client.HTTPConnection:
    """A connection without a detour."""
    return http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS)


class Reporter:
    """One visit to a portal at `url`, with its one cookie."""

    def __init__(self, url: str, connect: Connect = direct) -> None:
        parsed = urllib.parse.urlsplit(url)
        self._host = parsed.netloc
        self._connect = connect
        self.cookie: str | None = None
        self.requests = 0
        self.received = 0
        """Bytes of all answers' bodies and headers."""

    def open(self, path: str) -> Page:
        """GET a page."""
        return self._request("GET", path, {}, None)

    def send(
        self,
        form: Form,
        values: Mapping[str, str | Sequence[str]],
        uploads: Sequence[tuple[str, Upload]] = (),
        *,
        multipart: bool = True,
    ) -> Page:
        """Send a form with these values filled in."""
        fields = form.filled(values)
        if not multipart:
            body = urllib.parse.urlencode(fields).encode()
            kind = "application/x-www-form-urlencoded"
            return self._request("POST", form.action, {"Content-Type": kind, "Content-Length": str(len(body))}, body)
        boundary = f"----{secrets.token_hex(16)}"
        parts = [(_part_head(boundary, name), value.encode()) for name, value in fields]
        heads = [(_part_head(boundary, name, upload), upload) for name, upload in uploads]
        end = f"--{boundary}--\r\n".encode()
        size = sum(len(head) + len(value) + 2 for head, value in parts) + len(end)
        size += sum(len(head) + upload.size + 2 for head, upload in heads)

        def pieces() -> Iterator[bytes]:
            for head, value in parts:
                yield head + value + b"\r\n"
            for head, upload in heads:
                yield head
                yield from upload.pieces
                yield b"\r\n"
            yield end

        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(size)}
        return self._request("POST", form.action, headers, pieces())

    def _request(self, method: str, path: str, headers: dict[str, str], body: bytes | Iterator[bytes] | None) -> Page:
        path = urllib.parse.urlsplit(path).path
        if self.cookie is not None:
            headers = {**headers, "Cookie": self.cookie}
        connection = self._connect(self._host)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.requests += 1
        self.received += len(content) + sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
        if cookie := answer.headers.get("Set-Cookie"):
            self.cookie = cookie.partition(";")[0]
        return Page(path, answer.status, answer.headers, content)


def _part_head(boundary: str, name: str, upload: Upload | None = None) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if upload is not None:
        head += f'; filename="{upload.name}"\r\nContent-Type: {upload.type}'
    return f"{head}\r\n\r\n".encode()
