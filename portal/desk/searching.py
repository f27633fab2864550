"""Full-text search over what reporters, caseworkers and this desk wrote (FTS5 inside SQLCipher).

Rules kept here: whatever somebody types is words to look for, never a query of FTS5's own language; accents and case do
not count; a word finds those that begin with it; what stands in double quotes is found as it stands.
"""

import re
import unicodedata
from dataclasses import dataclass

from portal.desk import addresses
from portal.desk.casebook import Casebook

MOST = 50
"""So many results at once, unless more are asked for."""
BEGIN, END = "\x01", "\x02"
"""Around each word that was found; taken out of texts before they are indexed or shown."""
_SNIPPET_WORDS = 24
_TERMS = 32
"""So many words of a search count."""
_SQL = """
SELECT main.name, main.channel, main.status, main.urgent, passages.kind, passages.day,
    snippet(texts, 0, ?1, ?2, '…', ?3)
FROM texts
JOIN passages ON passages.id = texts.rowid
JOIN cases ON cases.id = passages.case_id
JOIN cases AS main ON main.id = coalesce(cases.merged_into, cases.id)
WHERE texts MATCH ?4 AND (?5 IS NULL OR main.channel = ?5) AND (?6 IS NULL OR main.status = ?6)
ORDER BY main.urgent DESC, passages.day DESC, main.name DESC LIMIT ?7
"""


@dataclass(frozen=True)
class Found:
    """A text that has all the words: the case (the main one of merged ones), where it stands, and what is around it."""

    case: str
    channel: str
    status: str
    urgent: bool
    kind: str
    """narrative, answers, note or reply."""
    day: str
    snippet: str
    """With `BEGIN` and `END` around what was found."""


def search(
    casebook: Casebook, words: str, *, channel: str | None = None, status: str | None = None, most: int = MOST
) -> list[Found]:
    """At most `most` texts with all of `words`: of urgent cases first, then the newest. Nothing for no word at all."""
    query = _query(words)
    if not query:
        return []
    rows = casebook.all(_SQL, BEGIN, END, _SNIPPET_WORDS, query, channel, status, most)
    return [Found(case, of, now, bool(urgent), kind, day, text) for case, of, now, urgent, kind, day, text in rows]


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
