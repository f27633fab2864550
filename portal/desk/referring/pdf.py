"""referral.pdf: the referral for reading and for print, tagged (PDF/UA-1, PDF/A-3a), with referral.json embedded.

Set by typst, in memory: no file is written on the way. Texts of reporters reach it as JSON, never as markup, and no
address in it is a link. The same referral gives the same bytes.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any

import msgspec
import typst
from babel import Locale
from babel.dates import format_date

from portal.desk import console
from portal.desk.referring import fonts, redaction
from portal.desk.referring.model import Attached, Message, Referral
from portal.desk.referring.wording import Words, words
from portal.errors import DeskError

STANDARDS: list[Any] = ["a-3a", "ua-1"]
_NOT_DRAWN = re.compile(r'the text `"(.*)"` could not be displayed', re.DOTALL)
_TRIES = 40
"""Letters that are there but cannot be joined, such as a mark of one script on a letter of another, are found by
setting the text; so many different ones are replaced by their codes."""


def write(referral: Referral, embedded: bytes, *, live: bool) -> bytes:
    """The bytes of referral.pdf. `embedded` is referral.json; `live` leaves addresses as they were written.

    Raises DeskError if it cannot be set.
    """
    page = _Page(referral, live).whole()
    page["families"] = fonts.families(_texts(page))
    source = resources.files(__package__).joinpath("referral.typ").read_bytes()
    day = datetime.combine(date.fromisoformat(referral.day), datetime.min.time(), UTC)
    for _ in range(_TRIES):
        data = {"data": msgspec.json.encode(page).decode(), "embedded": embedded.decode()}
        compiler = typst.Compiler(source, font_paths=fonts.fonts(), ignore_system_fonts=True, sys_inputs=data)
        try:
            made = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=day)
        except typst.TypstError as error:
            page = _replaced(page, _not_drawn(error))
            continue
        if isinstance(made, bytes):
            return made
    raise DeskError("The PDF cannot be set, since a text in it mixes too many scripts: leave pdf out of --format.")


class _Page:
    """What the page shows, every text ready to be set."""

    def __init__(self, referral: Referral, live: bool) -> None:
        self._referral, self._live = referral, live
        self._words: Words = words(referral.language)

    def whole(self) -> dict[str, Any]:
        said, say = self._referral, self._words
        title = say("title", case=said.case)
        return {
            "words": {key: value for key, value in say.plain.items() if "{" not in value},
            "language": said.language,
            "title": title,
            "author": said.desk,
            "date": [int(part) for part in said.day.split("-")],
            "header": f"{say('case')} {said.case}",
            "footer": f"{said.desk}, {self._day(said.day)}",
            "embedded": say("about_embedded"),
            "facts": list(self._facts()),
            "urgent": said.urgent,
            "flags": [{"label": fonts.shown(f.label), "question": fonts.shown(f.question)} for f in said.flags],
            "keep_from": self._keep_from(said.keep_from),
            "messages": [self._message(message) for message in said.messages],
            "answers": [
                {
                    "title": say("answer", n=answer.number, day=self._day(answer.day), status=answer.label),
                    # The desk's own words may hold an address as well.
                    "text": self._lines(answer.text or say("no_text")),
                }
                for answer in said.answers
            ],
            "notes": list(self._notes()),
            "command": f"minisign -V -P {said.signing_key} -m manifest.json",
            "verify_key": say("verify_key", fingerprint=said.fingerprint),
            "sealed": [message.sealed_sha256 for message in said.messages],
        }

    def _facts(self) -> Iterator[dict[str, str]]:
        said, say = self._referral, self._words
        to = [("to", said.to.title)] if said.to else []
        merged = [("merged", ", ".join(said.merged))] if said.merged else []
        tongues = dict.fromkeys(self._tongue(message.language) for message in said.messages)
        for key, value in (
            *to,
            ("from", said.desk),
            ("prepared", f"{self._day(said.day)}, {say('by')} {said.person}"),
            ("case", said.case),
            ("referral", str(said.number)),
            ("channel", said.channel_title),
            ("received", self._days()),
            ("languages", ", ".join(tongues)),
            ("status", said.status_label),
            ("source", say.source(said.source)),
            *merged,
            ("contact", say(f"contact_{said.contact}")),
        ):
            yield {"label": say(key), "value": fonts.shown(value)}

    def _days(self) -> str:
        days = dict.fromkeys(message.received for message in self._referral.messages)
        return "; ".join(map(self._day, days))

    def _message(self, message: Message) -> dict[str, Any]:
        say = self._words
        total, day = len(self._referral.messages), self._day(message.received)
        return {
            "title": say(f"message_{message.kind}"),
            "details": say("details", n=message.number, total=total, day=day, language=self._tongue(message.language)),
            "keep_from": self._keep_from(message.keep_from) if total > 1 else "",
            "narrative": self._lines(message.narrative),
            "labelled": [
                {"label": fonts.shown(said.label), "value": self._lines(said.value)} for said in message.labelled
            ],
            "attachments": [self._attachment(attached) for attached in message.attachments],
        }

    def _attachment(self, attached: Attached) -> dict[str, Any]:
        say = self._words
        facts = {
            "attachment_name": attached.name,
            "attachment_declared": attached.declared,
            "attachment_content": attached.content,
            "attachment_size": say("bytes", n=f"{attached.size:,}"),
        }
        goes = {
            "original": say("attachment_original", file=attached.file),
            "cleaned": say(
                "attachment_cleaned", file=attached.file, n=f"{attached.copy_size:,}", sha256=attached.copy_sha256
            ),
            "none": say("attachment_none"),
            "sealed-away": say("attachment_sealed"),
        }[attached.copy]
        rows = [{"label": say(key), "value": self._lines(value)} for key, value in facts.items()]
        rows.append({"label": "SHA-256", "value": self._lines(attached.sha256)})
        return {"title": f"{say('attachment', n=attached.number)}: {goes}", "facts": rows}

    def _notes(self) -> Iterator[str]:
        say = self._words
        yield say("about_assessed")
        yield say("about_live" if self._live else "about_inert")
        yield say("about_narrative")
        if self._referral.masked:
            yield say("about_masked", mark=redaction.MASKED)
        yield say("about_marks")
        yield say("about_embedded")

    def _keep_from(self, desks: list[str]) -> str:
        return self._words("keep_from", desks=fonts.shown(", ".join(desks))) if desks else ""

    def _lines(self, text: str) -> list[dict[str, Any]]:
        """A text as paragraphs, each with the side that it begins at."""
        shown = fonts.shown(text if self._live else console.defang(text))
        return [{"text": part, "rtl": fonts.is_right_to_left(part)} for part in shown.split("\n")] if text else []

    def _day(self, day: str) -> str:
        return format_date(date.fromisoformat(day), "long", Locale.parse(self._referral.language))

    def _tongue(self, code: str) -> str:
        name = Locale.parse(self._referral.language).languages.get(code)
        return str(name or fonts.shown(code))


def _texts(page: Any) -> Iterator[str]:
    match page:
        case str():
            yield page
        case dict():
            for value in page.values():
                yield from _texts(value)
        case list():
            for value in page:
                yield from _texts(value)


def _not_drawn(error: typst.TypstError) -> str:
    """The letters that typst could not set. Raises DeskError if that is not what went wrong."""
    found = _NOT_DRAWN.search(str(error))
    if found is None:
        raise DeskError("The PDF cannot be set: leave pdf out of --format, and tell the makers of Portevoix.") from None
    # As Rust writes a string: everything beyond printable ASCII may stand there as \u{…}.
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: chr(int(match[1], 16)), found[1])


def _replaced(page: Any, letters: str) -> Any:
    """The page with these letters, where they follow each other, as their codes."""
    match page:
        case str():
            return page.replace(letters, "".join(fonts.code(c) if not c.isascii() else c for c in letters))
        case dict():
            return {key: _replaced(value, letters) for key, value in page.items()}
        case list():
            return [_replaced(value, letters) for value in page]
    return page
