"""What is counted of a case: a few coded values, no text, no name, no place below a country.

What a reporter's form says is hostile until it is one of the values that the desk's own channel files know; everything
else is counted as `unrecognised`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from portal import canonical, countries
from portal.channels import Channel
from portal.desk.casebook import Casebook
from portal.desk.cases import Case

NOT_SAID = "not-said"
"""The form has the question, and it was left empty."""
UNRECOGNISED = "unrecognised"
"""The answer, or the channel, is none that this desk's channel files know."""
Decision = Literal["none", "outside", "police", "stopline", "other"]
FORWARDED: tuple[Decision, ...] = ("police", "stopline", "other")
"""To whom a report can have been forwarded."""
_DECIDING: Mapping[str, Decision] = {
    "outside-remit": "outside",
    "forwarded-police": "police",
    "forwarded-stopline": "stopline",
    "forwarded-other": "other",
}
_NO_ORDER = -1


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One report. Fields of a channel's own table are "" in the other channels."""

    month: str
    """Of the day on which its first message was received: 2026-11."""
    channel: str
    language: str
    named: bool
    """The reporter gave contact details."""
    status: str
    decision: Decision
    """The last one: forwarded, or outside the remit."""
    duplicate: bool
    """Merged into another case."""
    referred: tuple[str, ...]
    """Authorities for which a referral was made, "" where none was named."""
    transferred: tuple[str, ...]
    """Desks to which the thread was handed over."""
    review_days: int | None
    forward_days: int | None
    country: str
    service: str
    age: str
    site: str


class _Said(msgspec.Struct, frozen=True):
    """What is read of report.json."""

    channel: str
    language: str
    kind: str
    answers: dict[str, Any]


def gather(casebook: Casebook, channels: Mapping[str, Channel]) -> Counter[Fact]:
    """How many reports there are of each kind, those of purged cases included."""
    found = Counter(_of_cases(casebook, channels))
    for data, count in casebook.all("SELECT facts, count FROM counted"):
        found[msgspec.json.decode(data, type=Fact)] += count
    return found


def months(casebook: Casebook) -> tuple[str, str] | None:
    """The first and the last month in which a report was received; None before there was one."""
    known = [month[:7] for month in casebook.one("SELECT min(received), max(received) FROM cases") if month]
    known += [msgspec.json.decode(data, type=Fact).month for (data,) in casebook.all("SELECT facts FROM counted")]
    return (min(known), max(known)) if known else None


def keep(casebook: Casebook, case: Case, channels: Mapping[str, Channel]) -> None:
    """Go on counting a case that is being purged, within the purge's transaction and before its rows are deleted."""
    for fact in _of_cases(casebook, channels, case.id):
        casebook.run(
            "INSERT INTO counted (facts, count) VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            canonical.dumps(fact).decode(),
        )


def _of_cases(casebook: Casebook, channels: Mapping[str, Channel], only: int | None = None) -> Iterator[Fact]:
    where, value = ("WHERE {} = ?", (only,)) if only is not None else ("", ())

    def rows(sql: str, column: str, order: str = "") -> list[tuple[Any, ...]]:
        return casebook.all(f"{sql} {where.format(column)} {order}", *value)

    reader = msgspec.json.Decoder(_Said)
    said: dict[int, _Said] = {}
    # The order of cases.messages: on one day the report goes before what was added to it.
    for case, raw in rows("SELECT case_id, report FROM messages", "case_id", "ORDER BY received, kind <> 'report', id"):
        if case not in said:
            said[case] = reader.decode(raw)
    acts = _decisions(rows)
    referred = _grouped(rows("SELECT case_id, coalesce(authority, '') FROM referrals", "case_id"))
    transferred = _grouped(rows("SELECT case_id, desk FROM transfers", "case_id"))
    for case, channel, status, received, looked, merged in rows(
        "SELECT id, channel, status, received, looked, merged_into FROM cases", "id"
    ):
        decided = sorted(acts.get(case, ()))
        decision: Decision = decided[-1][2] if decided else "none"
        forwarded = next((day for day, _, to in decided if to in FORWARDED), None) if decision in FORWARDED else None
        form = said.get(case) or _Said(channel, "", "message", {})
        answers = form.answers if form.kind == "report" and form.channel == channel else {}
        yield Fact(
            month=received[:7],
            channel=channel if channel in channels else UNRECOGNISED,
            language=form.language,
            named=answers.get("contact") == "details",
            status=status,
            decision=decision,
            duplicate=merged is not None,
            referred=referred.get(case, ()),
            transferred=transferred.get(case, ()),
            review_days=_days(received, looked),
            forward_days=_days(received, forwarded),
            country=_country(answers) if channel == "travel" else "",
            service=_option(channels, "grooming", "service_type", answers) if channel == "grooming" else "",
            age=_option(channels, "grooming", "child_age_band", answers) if channel == "grooming" else "",
            site=_option(channels, "website", "site_type", answers) if channel == "website" else "",
        )


def _decisions(rows: Any) -> dict[int, list[tuple[str, int, Decision]]]:
    """Of each case: day, order within the day, and what this desk decided. An answer weighs most."""
    found: dict[int, list[tuple[str, int, Decision]]] = {}
    for case, day, number, status in rows(
        "SELECT case_id, json_extract(CAST(reply AS TEXT), '$.day'), number,"
        " json_extract(CAST(reply AS TEXT), '$.status') FROM own_replies",
        "case_id",
    ):
        if status in _DECIDING:
            found.setdefault(case, []).append((day, number, _DECIDING[status]))
    # Where no reporter can be told, the status itself is the decision.
    for case, day, number, status in rows(
        "SELECT case_id, day, number, status FROM (SELECT case_id, number, json_extract(details, '$.status') AS status,"
        " substr(json_extract(CAST(entry AS TEXT), '$.at'), 1, 10) AS day"
        " FROM sources JOIN log_details USING (case_id) JOIN log USING (number)"
        " WHERE json_extract(CAST(entry AS TEXT), '$.act') = 'status')",
        "case_id",
    ):
        if status in _DECIDING:
            found.setdefault(case, []).append((day, number, _DECIDING[status]))
    for case, day, police in rows(
        "SELECT case_id, day, police FROM referrals LEFT JOIN authorities ON name = authority", "case_id"
    ):
        found.setdefault(case, []).append((day, _NO_ORDER, "police" if police else "other"))
    for case, day, desk in rows("SELECT case_id, day, desk FROM transfers", "case_id"):
        to: Decision = desk if desk in ("police", "stopline") else "other"
        found.setdefault(case, []).append((day, _NO_ORDER, to))
    return found


def _grouped(rows: list[tuple[Any, ...]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, set[str]] = {}
    for case, value in rows:
        found.setdefault(case, set()).add(value)
    return {case: tuple(sorted(values)) for case, values in found.items()}


def _days(received: str, day: str | None) -> int | None:
    """Days from one to the other; 0 where the clocks of portal and desk disagree."""
    return None if day is None else max(0, (date.fromisoformat(day) - date.fromisoformat(received)).days)


def _country(answers: Mapping[str, Any]) -> str:
    value = answers.get("country")
    if value is None:
        return NOT_SAID
    known = isinstance(value, str) and (value == "unknown" or countries.is_country(value))
    return str(value) if known else UNRECOGNISED


def _option(channels: Mapping[str, Channel], channel: str, key: str, answers: Mapping[str, Any]) -> str:
    value = answers.get(key)
    return NOT_SAID if value is None else str(value) if value in options(channels, channel, key) else UNRECOGNISED


def options(channels: Mapping[str, Channel], channel: str, key: str) -> tuple[str, ...]:
    """The values of a question, in the order of its form; none if this desk has no such channel or question."""
    question = channels[channel].question(key) if channel in channels else None
    return tuple(option.value for option in question.options) if question else ()
