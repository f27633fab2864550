"""What happens when a message is stored: the one place where all of it is listed.

    case         the message joins the case of its thread, or opens one (portal.desk.cases)
    tombstone    a case that goes on with a purged one says so (portal.desk.tombstones)
    tombstone    a new case that goes on with a purged one has its status, and its name as `earlier`
    texts        narrative and answers can be searched (tables passages and texts)
    marks        addresses, accounts, places … that other cases may have too (portal.desk.fingerprints; table marks)
    flags        the rules of triage that its answers meet, and whether the case is urgent (portal.desk.triage; flags)
    completeness how many of the form's questions are answered (cases.said of cases.asks)
    unseen       the case has something that nobody has looked at
    question     one to the reporter that was open is answered

A case that was merged into another keeps all of this for itself, so that it can be separated again; the main case is
urgent with it (`settle`), and what waits in it shows with the main case (view main_cases of the schema).

Replies and notes are indexed by triggers of the schema, whoever writes them; every row goes with its case, its message,
reply or note. What is kept of texts, marks and flags can be made again at any time from the messages: `refresh` does
so where the code or the rules have changed. Functions here belong into a transaction of the caller, but for `refresh`.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from portal import countries
from portal.channels import LANGUAGES, Channel, Question
from portal.desk import cases, fingerprints, tombstones, triage
from portal.desk.casebook import Casebook
from portal.desk.cases import Case, Message
from portal.desk.fingerprints import strings
from portal.desk.folder import Folder
from portal.desk.triage import Triage
from portal.errors import RulesError
from portal.report import Report

KEPT = "2"
"""Raised when texts or marks are made in another way than before."""
_MESSAGES = "SELECT case_id, id, item, sha256, received, report FROM messages"


def store(casebook: Casebook, portal: int, sha256: bytes, raw: bytes, rules: Triage) -> tuple[Case, bool]:
    """Store a checked report.json (`raw`) whose sealed item lies in the folder; its case, and whether that is new.

    `portal` is the row of the portal, `sha256` (32 bytes) that of the sealed item.
    """
    message_id, case_id, new = cases.add_message(casebook, portal, sha256, raw)
    report = msgspec.json.decode(raw, type=Report)
    if new:
        tombstones.follow(casebook, case_id, report.locator)
    _keep_texts(casebook, case_id, message_id, report, rules)
    _keep_flags(casebook, case_id, report, rules)
    casebook.run(
        "UPDATE cases SET unseen = coalesce(min(unseen, ?1), ?1), asked = NULL WHERE id = ?2", report.received, case_id
    )
    settle(casebook, case_id)
    return cases.by_row(casebook, case_id), new


def again(casebook: Casebook, case_id: int, rules: Triage) -> None:
    """Make texts, marks and flags of a case again, after what it holds has changed; notes and answers stay."""
    casebook.run("DELETE FROM passages WHERE case_id = ? AND kind IN ('narrative', 'answers')", case_id)
    for table in ("marks", "flags"):
        casebook.run(f"DELETE FROM {table} WHERE case_id = ?", case_id)  # noqa: S608 - two names of ours
    for message in cases.messages(casebook, cases.by_row(casebook, case_id)):
        _keep_texts(casebook, case_id, message.id, message.report, rules)
        _keep_flags(casebook, case_id, message.report, rules)
    settle(casebook, case_id)


def settle(casebook: Casebook, case_id: int) -> None:
    """Make a case, and the one that it is merged into, urgent or not, as the flags of all their messages say."""
    for row in {case_id, cases.main(casebook, case_id)}:
        casebook.run(
            "UPDATE cases SET urgent = EXISTS (SELECT 1 FROM flags WHERE urgent AND case_id IN"
            " (SELECT id FROM cases WHERE id = ?1 OR merged_into = ?1)) WHERE id = ?1",
            row,
        )


def is_fresh(casebook: Casebook, place: Folder) -> bool:
    """Whether `refresh` has nothing to do."""
    kept = _kept(casebook)
    return kept == kept | _versions(place)


def refresh(casebook: Casebook, place: Folder) -> None:
    """Make texts, marks and flags again where they were made by older code or other rules; all of it, or nothing.

    Only for the command that holds the lock. Rules that cannot be read leave the flags as they are.
    """
    kept, wanted = _kept(casebook), _versions(place)
    rules = triage.load_rules(place if "rules" in wanted else None)
    with casebook.transaction():
        if kept.get("texts") != wanted["texts"]:
            for table in ("texts", "passages", "marks"):
                casebook.run(f"DELETE FROM {table}")  # noqa: S608 - three names of ours
            _keep_answers_and_notes(casebook)
            for case_id, message in _all_messages(casebook):
                _keep_texts(casebook, case_id, message.id, message.report, rules)
        if kept.get("rules") != wanted.get("rules", kept.get("rules")):
            casebook.run("DELETE FROM flags")
            for case_id, message in _all_messages(casebook):
                _keep_flags(casebook, case_id, message.report, rules)
            for (case_id,) in casebook.all("SELECT id FROM cases"):
                settle(casebook, case_id)
        for what, version in wanted.items():
            casebook.run("INSERT OR REPLACE INTO kept (what, version) VALUES (?, ?)", what, version)


def _kept(casebook: Casebook) -> dict[str, str]:
    return dict(casebook.all("SELECT what, version FROM kept"))


def _versions(place: Folder) -> dict[str, str]:
    """What `kept` should say; nothing of the rules if they cannot be read, since whoever imports is told so."""
    try:
        return {"texts": KEPT, "rules": triage.load_rules(place).version}
    except RulesError:
        return {"texts": KEPT}


def _all_messages(casebook: Casebook) -> Iterator[tuple[int, Message]]:
    for case_id, *row in casebook.all(_MESSAGES):
        yield case_id, Message(*row)


def _keep_texts(casebook: Casebook, case_id: int, message: int, report: Report, rules: Triage) -> None:
    """Texts and marks."""
    channel = triage.understood(rules, report)
    for kind, text in (("narrative", report.narrative), ("answers", "\n".join(_said(report, channel)))):
        if text:
            row = casebook.run(
                "INSERT INTO passages (case_id, kind, source, day) VALUES (?, ?, ?, ?)",
                *(case_id, kind, message, report.received),
            )
            casebook.run("INSERT INTO texts (rowid, body) VALUES (?, ?)", row, searchable(text))
    for mark in fingerprints.marks(report.answers, report.narrative):
        casebook.run("INSERT OR IGNORE INTO marks (case_id, kind, value) VALUES (?, ?, ?)", case_id, *mark)


def _keep_flags(casebook: Casebook, case_id: int, report: Report, rules: Triage) -> None:
    """Flags and completeness."""
    for flag in triage.flags(rules, report):
        casebook.run(
            "INSERT OR IGNORE INTO flags (case_id, rule, channel, field, urgent) VALUES (?, ?, ?, ?, ?)",
            *(case_id, flag.rule, flag.channel, flag.field, flag.urgent),
        )
    if report.kind == "report":
        said, asks = triage.completeness(rules, report)
        casebook.run("UPDATE cases SET said = max(said, ?), asks = max(asks, ?) WHERE id = ?", said, asks, case_id)


def _said(report: Report, channel: Channel | None) -> Iterator[str]:
    """The texts of the answers; countries by their names, since nobody searches for a code.

    What was chosen from a list is no text: every report of a channel would have it.
    """
    if channel is None:
        yield from strings(report.answers)
    else:
        yield from _texts(channel.questions(), report.answers)
    yield from (attachment.name for attachment in report.attachments)


def _texts(questions: Iterable[Question], answers: Mapping[str, Any]) -> Iterator[str]:
    for question in questions:
        answer = answers.get(question.key)
        if question.kind in ("text", "long", "urls"):
            yield from strings(answer)
        elif question.kind == "group":
            for block in answer or []:
                yield from _texts(question.questions, block)
        elif question.kind == "country" and isinstance(answer, str) and countries.is_country(answer):
            yield " / ".join(dict.fromkeys(countries.name(answer, language) for language in LANGUAGES))


def searchable(text: str) -> str:
    """Text as it is indexed: composed letters, and no character that hides, reorders or could break a word unseen."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        character
        for character in composed
        if character in "\n\t\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf")
    )


def _keep_answers_and_notes(casebook: Casebook) -> None:
    casebook.run(
        "INSERT INTO passages (case_id, kind, source, day) SELECT case_id, 'note', id, substr(at, 1, 10) FROM notes"
    )
    casebook.run(
        "INSERT INTO passages (case_id, kind, source, day)"
        " SELECT case_id, 'reply', number, json_extract(CAST(reply AS TEXT), '$.day') FROM replies"
    )
    casebook.run(
        "INSERT INTO texts (rowid, body) SELECT p.id, n.text FROM passages p JOIN notes n ON n.id = p.source"
        " WHERE p.kind = 'note'"
    )
    casebook.run(
        "INSERT INTO texts (rowid, body) SELECT p.id, json_extract(CAST(r.reply AS TEXT), '$.text') FROM passages p"
        " JOIN replies r ON r.case_id = p.case_id AND r.number = p.source WHERE p.kind = 'reply'"
    )
