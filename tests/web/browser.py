"""A browser without scripts: it keeps its cookie, reads forms from pages, and sends them back as browsers do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO

from flask import Flask
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.test import encode_multipart

from tests.web.world import ONION

File = tuple[str, bytes, str]
"""Name, content and media type of a file to send."""
Values = Mapping[str, str | Sequence[str]]
_VOID = frozenset({"br", "img", "input", "link", "meta"})
"""Elements without an end, as far as our pages have them."""
_IMPLIED_ENDS = {"option": {"option", "optgroup"}, "optgroup": {"optgroup"}, "li": {"li"}}
"""Elements whose end is left out in our pages, and what begins where they end."""


@dataclass
class Element:
    """One element of a page: its attributes, all text inside it, and what it is inside of."""

    tag: str
    attributes: dict[str, str]
    within: tuple["Element", ...]
    text: str = ""


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.open and tag in _IMPLIED_ENDS.get(self.open[-1].tag, ()):
            self.open.pop()
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.problems.append(f"<{tag}> has an attribute twice")
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self.open))
        self.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1].tag != tag and self.open[-1].tag in _IMPLIED_ENDS:
            self.open.pop()
        if not self.open or self.open.pop().tag != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


@dataclass
class Form:
    """A form as it stands on a page."""

    element: Element
    values: MultiDict[str, str] = field(default_factory=MultiDict)

    @property
    def action(self) -> str:
        return self.element.attributes["action"]


class Page:
    """An answer, read as a browser reads it."""

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.html = body.decode()
        parser = _Parser()
        parser.feed(self.html)
        parser.close()
        self.elements = parser.elements
        self.problems = parser.problems + [f"<{element.tag}> is not closed" for element in parser.open]

    @property
    def wire_bytes(self) -> int:
        """Status line, headers and body as they go out over HTTP/1.1, bytes."""
        front = [f"HTTP/1.1 {self.reason}", *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return len("\r\n".join(front).encode()) + len(self.body)

    @property
    def content(self) -> str:
        """The page without its filler."""
        return re.sub(r"<!-- *-->\Z", "", self.html)

    def find(self, tag: str = "", **attributes: str) -> Iterator[Element]:
        """Elements with this tag and these attributes; `class_` and `data_status` stand for class and data-status."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        for element in self.elements:
            if tag in ("", element.tag) and wanted.items() <= element.attributes.items():
                yield element

    def by_id(self, name: str) -> Element | None:
        return next(self.find(id=name), None)

    def text(self, name: str) -> str:
        """The text of the element with this id."""
        element = self.by_id(name)
        assert element is not None, f"nothing has the id {name}"
        return element.text

    @property
    def alerts(self) -> str:
        return " ".join(" ".join(element.text.split()) for element in self.find(role="alert"))

    @property
    def successes(self) -> str:
        return " ".join(" ".join(element.text.split()) for element in self.find(role="status"))

    def form(self, ending: str, containing: str = "") -> Form:
        """The form whose action ends so, and that has a field of this name."""
        for form in self.forms():
            if form.action.partition("?")[0].endswith(ending) and (not containing or containing in form.values):
                return form
        raise AssertionError(f"no form goes to {ending}")

    def forms(self) -> Iterator[Form]:
        for element in self.find("form"):
            form = Form(element)
            for control in self.elements:
                if element in control.within and "name" in control.attributes:
                    for value in self._values(control):
                        form.values.add(control.attributes["name"], value)
            yield form

    def _values(self, control: Element) -> Iterator[str]:
        attributes = control.attributes
        if control.tag == "textarea":
            yield control.text.removeprefix("\n")
        elif control.tag == "select":
            options = [option for option in self.find("option") if control in option.within]
            chosen = [option for option in options if "selected" in option.attributes] or options[:1]
            yield chosen[0].attributes["value"]
        elif control.tag == "input" and attributes["type"] in ("radio", "checkbox"):
            if "checked" in attributes:
                yield attributes["value"]
        elif control.tag == "input" and attributes["type"] != "file":
            yield attributes.get("value", "")


class Browser:
    """One visitor."""

    def __init__(self, app: Flask, *, cookies: bool = True) -> None:
        self.app = app
        self._client = app.test_client(use_cookies=cookies)

    def twin(self) -> "Browser":
        """The same visitor once more, for requests at the same time."""
        other = Browser(self.app)
        cookie = self._client.get_cookie("c", domain=ONION)
        assert cookie is not None
        other._client.set_cookie("c", cookie.value, domain=ONION)
        return other

    def get(self, path: str, *, protocol: str = "HTTP/1.1", **headers: str) -> Page:
        return self._open("GET", path, headers, protocol=protocol)

    def request(self, method: str, path: str, **headers: str) -> Page:
        return self._open(method, path, headers)

    def post(self, path: str, data: Values | MultiDict[str, str], files: Sequence[File] = (), **headers: str) -> Page:
        """Send values as a browser does: `Origin: null`, no Referer; multipart where there are files."""
        headers = {"Origin": "null", **headers}
        fields = MultiDict[str, object](data)
        if not files and headers.get("Content-Type") != "multipart/form-data":
            return self._open("POST", path, headers, fields)
        for name, content, kind in files:
            fields.add("attachment", FileStorage(BytesIO(content), name, "attachment", kind))
        boundary, body = encode_multipart(fields, "----formboundary20c95f3b")
        return self._open("POST", path, headers | {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body)

    def submit(
        self, form: Form, values: Values | None = None, files: Sequence[File] = (), multipart: bool = False
    ) -> Page:
        """Fill a form in and send it."""
        filled = form.values.copy()
        for name, value in (values or {}).items():
            filled.setlist(name, [value] if isinstance(value, str) else list(value))
        if multipart:
            return self.post(form.action, filled, files, **{"Content-Type": "multipart/form-data"})
        return self.post(form.action, filled, files)

    def _open(
        self, method: str, path: str, headers: Mapping[str, str], data: object = None, protocol: str = "HTTP/1.1"
    ) -> Page:
        sent = {"Host": ONION, "Accept-Language": "en-US,en;q=0.5"} | dict(headers)
        kind = sent.pop("Content-Type", None)
        environ = {"SERVER_PROTOCOL": protocol}
        response = self._client.open(
            path, method=method, headers=sent, data=data, content_type=kind, environ_overrides=environ
        )
        return Page(response.status_code, response.status, response.headers, response.data)
