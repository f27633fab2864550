"""What a channel is: one form, its questions and every text of it in all languages.

Rules kept here: structures are frozen; nothing is read from a disk. `portal.channels.loading` fills them.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

LANGUAGES = ("en", "fr", "de")
"""Every text has these; a channel file without one of them does not load."""
LATER_LANGUAGES = ("lb", "pt")
"""Optional until they ship; a text without them is shown in English."""

Kind = Literal["text", "long", "choice", "choices", "yesno", "country", "date", "urls", "number", "group"]
"""text: one line. long: several lines. choice: one option. choices: any number of options. yesno: yes, no, unknown.
country: an ISO 3166-1 alpha-2 code, or unknown. date: with precision. urls: one a line. number: a whole
number. group: the same questions `count` times, for one person or account each."""

UNKNOWN = "unknown"
"""The value of "I don't know"."""
DATE_PARTS = ("day", "month", "year")
PRECISIONS: dict[str, tuple[str, ...]] = {
    "day": ("year", "month", "day"),
    "month": ("year", "month"),
    "year": ("year",),
    UNKNOWN: (),
}
"""How well a date is known, and the parts that it then has; the most precise first."""
NARRATIVE = "narrative"
"""The question whose answer stands beside `answers` in report.json, not in it."""

Key = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,31}\Z")]
Value = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9_]{0,31}\Z")]
Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]{0,31}\Z")]
"""A channel or a desk (docs/format.md section 3)."""
Words = Annotated[str, msgspec.Meta(min_length=1)]


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in every language."""

    en: Words
    fr: Words
    de: Words
    lb: Words | None = None
    pt: Words | None = None

    def text(self, language: str) -> str:
        """The text in `language` (two letters); in English where there is none."""
        known = {"en": self.en, "fr": self.fr, "de": self.de, "lb": self.lb, "pt": self.pt}
        return known.get(language) or self.en


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value that can be chosen."""

    value: Value
    label: Text


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question. What belongs to some kinds only is empty for the others."""

    key: Key
    kind: Kind
    label: Text
    help: Text | None = None
    required: bool = False
    options: tuple[Option, ...] = ()
    """choice, choices: from the file. yesno: yes, no, unknown. date: the precisions. country: unknown, beside the
    countries."""
    default: str = ""
    """The option that is chosen already when the form is new."""
    urgent: tuple[str, ...] = ()
    """The options that make the report urgent."""
    prompts: dict[str, Text] = {}
    """Advice by option; it stands beside the option as plain text, since nothing can appear without JavaScript."""
    parts: tuple[Option, ...] = ()
    """date: the labels of day, month and year."""
    lines: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    """urls: the most lines."""
    minimum: Annotated[int, msgspec.Meta(ge=0)] = 0
    maximum: Annotated[int, msgspec.Meta(le=9_999)] = 9_999
    """number: both ends are allowed."""
    autocomplete: Literal["off", "name", "email", "tel"] = "off"
    inputmode: Literal["text", "email", "tel", "numeric", "url"] = "text"
    count: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0
    questions: tuple["Question", ...] = ()
    """group: how many blocks the form has, and what each asks."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Questions under one heading."""

    key: Key
    title: Text
    questions: Annotated[tuple[Question, ...], msgspec.Meta(min_length=1)]
    help: Text | None = None


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form, for one kind of situation."""

    key: Name
    version: Annotated[int, msgspec.Meta(ge=1, le=9_999)]
    desks: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    title: Text
    intro: Text
    sections: Annotated[tuple[Section, ...], msgspec.Meta(min_length=1)]
    attachments: bool = False
    attachment_warning: Text | None = None
    """Shown before files can be chosen; never None where `attachments` is true."""
    warnings: tuple[Text, ...] = ()
    """Shown before the form."""
    helplines: tuple[Name, ...] = ()
    """Keys of help lines that are shown first, in this order (`portal.helplines`)."""

    def questions(self) -> Iterator[Question]:
        """Every question outside of groups, in the order of the form, the narrative included."""
        for section in self.sections:
            yield from section.questions

    def question(self, key: str) -> Question | None:
        """The question with this key, outside of groups."""
        return next((question for question in self.questions() if question.key == key), None)


def wire_names(question: Question, block: str = "") -> list[str]:
    """The names of the form fields of a question; `block` is what stands before, such as "child-2-"."""
    name = block + question.key
    match question.kind:
        case "date":
            return [f"{name}-{part}" for part in (*DATE_PARTS, "precision")]
        case "group":
            blocks = (f"{name}-{number}-" for number in range(1, question.count + 1))
            return [field for prefix in blocks for inner in question.questions for field in wire_names(inner, prefix)]
        case _:
            return [name]
