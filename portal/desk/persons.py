"""Find every mention of a person, for a request of access, correction or restriction, and record what was decided.

The law: GDPR art. 15, 16 and 18; for the police Directive (EU) 2016/680 art. 14 and 16. The desk finds and records;
whether a request is granted, and what somebody may be told of a case, a person decides.

Rules kept here:
- Every text of a case that the casebook holds is looked through, whoever wrote it, also what the log remembers (a tag
  that was taken away, the reason of a hold that is over) and what came from the log of another desk.
- In any case and with or without accents: "Muller" and "Mueller" find "Müller", "Soren" finds "Søren". All words of a
  name must stand in one text, in any order.
- The name that was looked for is never stored.
- Contact data that were erased lie in the sealed item alone, which is not opened for this: `not_looked_through` says of
  which cases.
- A restricted case is kept and marked until that is decided otherwise.

Table: `decisions`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.report import Reply, Report, clean_text

Decision = Literal["access", "correction", "restriction", "unrestricted"]
DECISIONS: dict[Decision, str] = {
    "access": "access was decided on",
    "correction": "a correction was decided on",
    "restriction": "its use is restricted",
    "unrestricted": "its use is not restricted any more",
}
_AROUND = 40
"""So many characters before and behind a mention are shown."""


@dataclass(frozen=True)
class Mention:
    """Where a person is mentioned: the case, in what ("narrative", "answers.suspect-1-name" …), and the text around."""

    case: str
    where: str
    day: str
    excerpt: str


@dataclass(frozen=True)
class Decided:
    """What was decided on a request that concerns a case."""

    day: str
    person: str
    decision: Decision
    note: str


def search(casebook: Casebook, name: str) -> list[Mention]:
    """Every mention of a person, by case. Raises DeskError if `name` has no letter or digit."""
    patterns = [re.compile(_pattern(word)) for word in re.findall(r"\w+", _marked(name))]
    if not patterns:
        raise DeskError("There is no name to look for: give the name as the person writes it.")
    return [
        Mention(case, where, day, _excerpt(text, patterns))
        for case, where, day, text in _once(_texts(casebook))
        if _mentions(fold(text), patterns)
    ]


def not_looked_through(casebook: Casebook) -> list[str]:
    """The cases whose contact data were erased, and lie in their sealed items alone."""
    sql = "SELECT DISTINCT name FROM erased_contacts JOIN cases ON cases.id = case_id ORDER BY year, number"
    return [name for (name,) in casebook.all(sql)]


def decide(desk: Desk, case: Case, decision: Decision, note: str) -> None:
    """Record what was decided on a request; "restriction" keeps and marks the case from now on."""
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO decisions (case_id, day, person, decision, note) VALUES (?, ?, ?, ?, ?)",
            *(case.id, desk.today.isoformat(), desk.person, decision, clean_text(note)),
        )
        desk.record("request-decided", case, decision=decision, note=clean_text(note))
        if decision == "restriction":
            desk.record("restricted", case)
        elif decision == "unrestricted":
            desk.record("unrestricted", case)


def record_search(desk: Desk, found: list[Mention]) -> None:
    """Write into the log that somebody was looked for, in how many cases they were found, and never who it was."""
    with desk.casebook.transaction():
        desk.record("person-searched", cases=len({mention.case for mention in found}), mentions=len(found))


def decided(casebook: Casebook, case: Case) -> list[Decided]:
    """The decisions that concern a case, the oldest first."""
    sql = "SELECT day, person, decision, note FROM decisions WHERE case_id = ? ORDER BY id"
    return [Decided(*row) for row in casebook.all(sql, case.id)]


def fold(text: str) -> str:
    """Text in small letters without accents."""
    if text.isascii():
        return text.lower()
    marks = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)))
    if not _BEYOND.search(marks):
        return marks
    return "".join(character for character in marks if not unicodedata.combining(character))


_MARKS = re.compile("[\u0300-\u036f]")
"""The marks of European scripts. Taking them out at once is what makes a search through 10,000 reports bearable."""
_BEYOND = re.compile("[\u0483-\u1fff\u20d0-\U0010ffff]")
"""Where other marks may be."""


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
"""Letters that Unicode does not take apart, as people without them on their keyboard write them."""
_Text = tuple[str, str, str, str]
"""Name of a case, in what the text stands, its day, the text."""


def _once(texts: Iterator[_Text]) -> Iterator[_Text]:
    """Without what the log repeats: the text of a note stands there as well."""
    seen: set[tuple[str, str]] = set()
    for case, where, day, text in texts:
        if where.startswith(_LOG) and (case, text) in seen:
            continue
        seen.add((case, text))
        yield case, where, day, text


def _texts(casebook: Casebook) -> Iterator[_Text]:
    """Every text of every case, that of the log behind all others."""
    reports = msgspec.json.Decoder(Report)
    sql = "SELECT name, report FROM messages JOIN cases ON cases.id = case_id ORDER BY year, number, messages.id"
    for case, raw in casebook.all(sql):
        report = reports.decode(raw)
        yield case, "narrative", report.received, report.narrative
        for key, answer in report.answers.items():
            for text in _strings(answer):
                yield case, f"answers.{key}", report.received, text
        for number, attachment in enumerate(report.attachments, 1):
            yield case, f"attachment {number}", report.received, attachment.name
    replies = msgspec.json.Decoder(Reply)
    for case, raw in casebook.all("SELECT name, reply FROM replies JOIN cases ON cases.id = case_id ORDER BY case_id"):
        reply = replies.decode(raw)
        yield case, f"answer {reply.number}", reply.day, reply.text
    for where, sql in _WRITTEN_HERE.items():
        for case, day, text in casebook.all(sql):
            yield case, where, day, text
    for where, sql in _LOGGED.items():
        for case, desk, day, details in casebook.all(sql):
            said = msgspec.json.decode(details)
            for text in _strings([said.get(key) for key in _WORDS]):
                yield case, f"{where}{desk}", day, text


_LOG = "log"
_WORDS = ("text", "reason", "note", "tags")
"""What of an entry of the log somebody has written; the rest is hashes, names of desks, and the like."""
_LOGGED = {
    _LOG: "SELECT name, '', substr(json_extract(CAST(entry AS TEXT), '$.at'), 1, 10), details FROM log_details"
    " JOIN log USING (number) JOIN cases ON cases.id = case_id ORDER BY log.number",
    f"{_LOG} of ": "SELECT name, desk, substr(json_extract(CAST(entry AS TEXT), '$.at'), 1, 10), details"
    " FROM received_log r JOIN cases ON cases.id = case_id WHERE details IS NOT NULL ORDER BY case_id, desk, r.number",
}
_WRITTEN_HERE = {
    "note": "SELECT name, substr(at, 1, 10), text FROM notes JOIN cases ON cases.id = case_id ORDER BY notes.id",
    "tag": "SELECT name, received, tag FROM tags JOIN cases ON cases.id = case_id ORDER BY case_id, tag",
    "hold": "SELECT name, day, reason FROM holds JOIN cases ON cases.id = case_id ORDER BY case_id",
    "decision": "SELECT name, day, note FROM decisions JOIN cases ON cases.id = case_id ORDER BY decisions.id",
}


def _strings(answer: Any) -> Iterator[str]:
    match answer:
        case str():
            yield answer
        case dict():
            for value in answer.values():
                yield from _strings(value)
        case list():
            for value in answer:
                yield from _strings(value)


def _marked(name: str) -> str:
    """A name as `fold` makes it, its umlauts written out."""
    spelled = "".join(_SPELLED.get(character, character) for character in unicodedata.normalize("NFC", name.casefold()))
    return fold(spelled)


_SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue"}


def _pattern(word: str) -> str:
    """Finds a folded word at the beginning of one; an umlaut is one vowel or two."""
    return r"(?<!\w)" + re.sub("([aou])e?", r"\1e?", re.escape(word))


def _mentions(folded: str, patterns: list[re.Pattern[str]]) -> bool:
    return all(pattern.search(folded) for pattern in patterns)


def _excerpt(text: str, patterns: list[re.Pattern[str]]) -> str:
    """The text around the first mention, as it was written."""
    places = [place for place, character in enumerate(text) for _ in fold(character)]
    found = patterns[0].search("".join(fold(character) for character in text))
    if found is None or not places:
        return text[: 2 * _AROUND]
    start, end = places[found.start()], places[found.end() - 1] + 1
    before, behind = max(0, start - _AROUND), end + _AROUND
    return ("…" if before else "") + text[before:behind] + ("…" if behind < len(text) else "")
