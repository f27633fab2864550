"""Full-text search over what reporters, caseworkers and this desk wrote (FTS5 inside SQLCipher).

Rules kept here: whatever somebody types is words to look for, never a query of FTS5's own language; accents and case do
not count; a word finds those that begin with it; what stands in double quotes is found as it stands. A text of a merged
case is found as one of its main case.
"""

import re
import unicodedata
from dataclasses import dataclass

from portal.desk import addresses, filtering
from portal.desk.filtering import EVERY, Filter
from portal.desk.session import Desk

MOST = 50
"""So many results at once, unless more are asked for."""
BEGIN, END = "\x01", "\x02"
"""Around each word that was found; taken out of texts before they are indexed or shown."""
_SNIPPET_WORDS = 24
_TERMS = 32
"""So many words of a search count."""
FIELDS = "fields"
"""The kind of what was found by its fields alone."""
_SHOWN = f"""
SELECT main.name, cases.name, main.channel, main.status, main.urgent, passages.kind, passages.day,
    snippet(texts, 0, '{BEGIN}', '{END}', '…', {_SNIPPET_WORDS})
"""
_MATCHING = """
FROM texts
JOIN passages ON passages.id = texts.rowid
JOIN cases ON cases.id = passages.case_id
JOIN cases AS main ON main.id = coalesce(cases.merged_into, cases.id)
WHERE texts MATCH ?
"""
_IN_ORDER = (
    "ORDER BY main.urgent DESC, passages.day DESC, main.year DESC, main.number DESC, passages.id LIMIT ? OFFSET ?"
)


@dataclass(frozen=True)
class Found:
    """A text that has all the words: the case (the main one of merged ones), where it stands, and what is around it."""

    case: str
    thread: str
    """The case in which the text stands: `case`, or one that was merged into it."""
    channel: str
    status: str
    urgent: bool
    kind: str
    """narrative, answers, note or reply; `FIELDS` where no words were looked for."""
    day: str
    snippet: str
    """With `BEGIN` and `END` around what was found."""


def search(desk: Desk, words: str, chosen: Filter = EVERY, *, most: int = MOST, skip: int = 0) -> list[Found]:
    """At most `most` texts with all of `words`, in the cases that are asked for; without words, those cases.

    Of urgent cases first, then the newest; after the first `skip`. Nothing for no word and no case that is asked for.
    """
    query = _query(words)
    if not query:
        return [] if chosen.is_empty or words.strip() else _by_fields(desk, chosen, most, skip)
    within, values = _within(desk, chosen)
    rows = desk.casebook.all(f"{_SHOWN} {_MATCHING} {within} {_IN_ORDER}", query, *values, most, skip)
    return [
        Found(case, thread, of, now, bool(urgent), kind, day, text)
        for case, thread, of, now, urgent, kind, day, text in rows
    ]


def count(desk: Desk, words: str, chosen: Filter = EVERY) -> int:
    """How many there are."""
    query = _query(words)
    if not query:
        return 0 if chosen.is_empty or words.strip() else filtering.count(desk, chosen)
    within, values = _within(desk, chosen)
    return int(desk.casebook.one(f"SELECT count(*) {_MATCHING} {within}", query, *values)[0])


def _by_fields(desk: Desk, chosen: Filter, most: int, skip: int) -> list[Found]:
    return [
        Found(case.name, case.name, case.channel, case.status, case.urgent, FIELDS, case.received, "")
        for case in (one.case for one in filtering.find(desk, chosen, "urgent-newest", most, skip))
    ]


def _within(desk: Desk, chosen: Filter) -> tuple[str, tuple[object, ...]]:
    if chosen.is_empty:
        return "", ()
    sql, values = filtering.selection(desk, chosen)
    return f"AND main.id IN ({sql})", values


def _query(words: str) -> str:
    """What somebody typed, in FTS5's language: strings only, which are all found (sqlite.org/fts5.html, section 3)."""
    # An argument that is not UTF-8 comes with surrogates, and no stored text has a control character.
    plain = "".join(" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in words)
    terms = re.findall(r'"([^"]*)"|(\S+)', addresses.refang(plain))[:_TERMS]
    phrases = [f'"{phrase}"' for phrase, _ in terms if _has_word(phrase)]
    # A typed quotation mark that has no partner is no part of a word.
    starts = [f'"{bare}" *' for _, word in terms if _has_word(bare := word.replace('"', " "))]
    return " ".join(phrases + starts)


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)
