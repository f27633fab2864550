"""Texts of answers by status and language: those that ship (answers.toml), and the desk's own in their place."""

from functools import cache
from pathlib import Path
from typing import get_args

from portal.channels import LANGUAGES, LATER_LANGUAGES
from portal.channels.toml_file import convert, parse
from portal.desk.casebook import Casebook
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import STATUSES, Status, clean_text

ALL_LANGUAGES = (*LANGUAGES, *LATER_LANGUAGES)
"""Answers are written in all five, whatever languages the forms have yet."""
_SHIPPED = Path(__file__).parent / "answers.toml"


@cache
def shipped() -> dict[str, dict[str, str]]:
    """The texts that ship, by status and language. Raises DeskError if the file is damaged."""
    texts = convert(parse(_SHIPPED, DeskError), dict[Status, dict[str, str]], _SHIPPED.name, DeskError)
    return {status: texts[status] for status in get_args(Status)}


def text(casebook: Casebook, status: str, language: str) -> str:
    """The text of an answer: the desk's own, else the one that ships; in English for another language."""
    chosen = language if language in ALL_LANGUAGES else "en"
    row = casebook.one("SELECT text FROM templates WHERE status = ? AND language = ?", status, chosen)
    return str(row[0]) if row else shipped()[status][chosen]


def own(casebook: Casebook) -> set[tuple[str, str]]:
    """Statuses and languages for which the desk has a text of its own."""
    return set(casebook.all("SELECT status, language FROM templates"))


def put(desk: Desk, status: str, language: str, words: str) -> None:
    """Let the desk have a text of its own; an empty one brings back that which ships.

    Raises DeskError for an unknown status or language, or a text over 4,000 bytes of UTF-8.
    """
    if status not in STATUSES or language not in ALL_LANGUAGES:
        raise DeskError(f"There are texts for {', '.join(STATUSES)}, each in {', '.join(ALL_LANGUAGES)}.")
    cleaned = clean_text(words)
    if len(cleaned.encode()) > REPLY_TEXT_BYTES:
        raise DeskError(f"The text is longer than the {REPLY_TEXT_BYTES:,} bytes that an answer may have: shorten it.")
    with desk.casebook.transaction():
        desk.casebook.run("DELETE FROM templates WHERE status = ? AND language = ?", status, language)
        if cleaned:
            desk.casebook.run(
                "INSERT INTO templates (status, language, text) VALUES (?, ?, ?)", status, language, cleaned
            )
        desk.record("settings-changed", template=status, language=language)
