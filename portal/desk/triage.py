"""Triage by visible rules: which answers raise a flag, and which flags make a case urgent.

Rules kept here: the rules stand in one TOML file (triage.toml beside this module, or the operator's own in the desk's
folder); a flag names the answer that raised it; what the channel itself marks as urgent stays urgent, whatever the
file says. Completeness is counted apart, and says nothing of whether a report is true.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from portal.channels import Channel, check_answers, load
from portal.channels.model import NARRATIVE, PRECISIONS, Question, Text
from portal.channels.toml_file import convert, parse, wrong
from portal.desk.checking import known_channel
from portal.desk.folder import Folder
from portal.errors import ReportError, RulesError
from portal.report import Name, Report

BY_CHANNEL = "urgent-answer"
"""The rule of an answer that the channel marks as urgent, where no rule of the file has raised an urgent flag."""
FILE_NAME = "triage.toml"
_SHIPPED = Path(__file__).with_name(FILE_NAME)


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition; `field` and `without` are keys of questions, `group.inner` within a group."""

    channels: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    field: str
    values: tuple[str, ...] = ()
    filled: bool = False
    ahead: bool = False
    without: str | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: any of its conditions raises the flag."""

    key: Name
    label: Text
    urgent: bool
    when: Annotated[tuple[When, ...], msgspec.Meta(min_length=1)]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Flag:
    """`field` is the form field of the answer that raised it, such as `suspect-1-return_date`."""

    rule: str
    channel: str
    field: str
    urgent: bool


@dataclass(frozen=True)
class Triage:
    """The rules, and the channels that they speak of. `version` changes with either."""

    channels: Mapping[str, Channel]
    rules: tuple[Rule, ...]
    version: str

    def label(self, rule: str, language: str) -> str:
        """What a flag is called; rules that are gone by now are called by their key."""
        if rule == BY_CHANNEL:
            return _URGENT_ANSWER.text(language)
        return next((known.label.text(language) for known in self.rules if known.key == rule), rule)

    def field_label(self, channel: str, field: str, language: str) -> str:
        """The question of a form field, with the number of its block; the field itself if it is not known."""
        known = self.channels.get(channel)
        group, _, rest = field.partition("-")
        question = known.question(group) if known else None
        if question is None:
            return field
        number, _, inner = rest.partition("-")
        for part in question.questions:
            if part.key == inner:
                return f"{question.label.text(language)} {number}: {part.label.text(language)}"
        return question.label.text(language)


_URGENT_ANSWER = Text("Urgent answer", "Réponse urgente", "Dringende Antwort")


def load_rules(place: Folder | None, channels: Mapping[str, Channel] | None = None) -> Triage:
    """The rules of a desk: triage.toml of its folder if there is one, or those that ship, as where there is no folder.

    Raises RulesError, which names the key that is wrong and the reason.
    """
    known = _shipped_channels() if channels is None else channels
    own = place.root / FILE_NAME if place else _SHIPPED
    path = own if own.exists() else _SHIPPED
    read = convert(parse(path, RulesError), _File, path.name, RulesError)
    for rule in read.rules:
        _check(rule, known, path.name)
    keys = [rule.key for rule in read.rules]
    if len(set(keys)) < len(keys) or BY_CHANNEL in keys:
        raise wrong(path.name, "rules", f"a key is there twice, or is {BY_CHANNEL}", RulesError)
    return Triage(known, read.rules, _version(known, read.rules))


@cache
def _shipped_channels() -> Mapping[str, Channel]:
    return load()


def flags(triage: Triage, report: Report) -> list[Flag]:
    """The flags that the answers of a report raise, in the order of the rules."""
    channel = understood(triage, report)
    if channel is None:
        return []
    found = {
        Flag(rule.key, channel.key, field, rule.urgent): None
        for rule in triage.rules
        for when in rule.when
        if channel.key in when.channels
        for field in _raised(when, channel, report)
    }
    urgent = {flag.field for flag in found if flag.urgent}
    for field in _urgent_answers(channel, report.answers):
        if field not in urgent:
            found[Flag(BY_CHANNEL, channel.key, field, True)] = None
    return list(found)


def understood(triage: Triage, report: Report) -> Channel | None:
    """The channel whose questions a report answers; None where this desk cannot read the answers."""
    channel = known_channel(report, triage.channels)
    if channel is not None:
        try:
            check_answers(channel, report.answers)
        except ReportError:
            return None
    return channel


def completeness(triage: Triage, report: Report) -> tuple[int, int]:
    """How many of the channel's questions are answered, and how many there are; (0, 0) if they are not known."""
    channel = understood(triage, report)
    if channel is None:
        return 0, 0
    asked = [question.key for question in channel.questions()]
    said = sum(key in report.answers or (key == NARRATIVE and bool(report.narrative)) for key in asked)
    return said, len(asked)


def _raised(when: When, channel: Channel, report: Report) -> Iterator[str]:
    for field, answer, block in _answers(when.field, report):
        if when.without is not None and _known(block.get(when.without.rpartition(".")[2])):
            continue
        if _holds(when, answer, report.received):
            yield field


def _holds(when: When, answer: object, received: str) -> bool:
    if when.filled:
        return _known(answer)
    if when.ahead:
        return isinstance(answer, dict) and _is_ahead(answer, received)
    return not set(when.values).isdisjoint(answer if isinstance(answer, list) else [answer])


def _answers(path: str, report: Report) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Form field, answer, and the answers beside it, for each answer at `path`."""
    answers = report.answers | {NARRATIVE: report.narrative}
    group, _, inner = path.partition(".")
    if not inner:
        yield group, answers.get(group), answers
        return
    for number, block in enumerate(answers.get(group, []), 1):
        yield f"{group}-{number}-{inner}", block.get(inner), block


def _known(answer: object) -> bool:
    """Whether there is an answer; a date that is not known is none."""
    return bool(answer) and not (isinstance(answer, dict) and answer.get("precision") == "unknown")


def _is_ahead(answer: Mapping[str, Any], received: str) -> bool:
    """Whether a date lies on the day of the report or later, as far as it is known."""
    parts = PRECISIONS[answer["precision"]]
    day = date.fromisoformat(received)
    return bool(parts) and [answer[part] for part in parts] >= [getattr(day, part) for part in parts]


def _urgent_answers(channel: Channel, answers: Mapping[str, Any]) -> Iterator[str]:
    for question in channel.questions():
        answer = answers.get(question.key)
        if question.kind != "group":
            if _is_urgent(question, answer):
                yield question.key
            continue
        for number, block in enumerate(answer or [], 1):
            for inner in question.questions:
                if _is_urgent(inner, block.get(inner.key)):
                    yield f"{question.key}-{number}-{inner.key}"


def _is_urgent(question: Question, answer: object) -> bool:
    values = answer if isinstance(answer, list) else [answer]
    return any(value in question.urgent for value in values)


def _check(rule: Rule, channels: Mapping[str, Channel], name: str) -> None:
    """Raise RulesError for what the types alone do not rule out."""
    where = f"rules.{rule.key}.when"
    for when in rule.when:
        if (bool(when.values), when.filled, when.ahead).count(True) != 1:
            raise wrong(name, where, "each condition has one of values, filled and ahead", RulesError)
        for key in when.channels:
            if key not in channels:
                raise wrong(name, f"{where}.channels", f"there is no channel {key}", RulesError)
            question = _question(channels[key], when.field)
            if question is None or question.kind == "group":
                raise wrong(name, f"{where}.field", f"the channel {key} has no question {when.field}", RulesError)
            if unknown := set(when.values) - {option.value for option in question.options}:
                reason = f"{when.field} of the channel {key} has no value {min(unknown)}"
                raise wrong(name, f"{where}.values", reason, RulesError)
            if when.ahead and question.kind != "date":
                raise wrong(name, f"{where}.ahead", f"{when.field} of the channel {key} is no date", RulesError)
            if when.without is not None and not _beside(channels[key], when.field, when.without):
                reason = f"the channel {key} does not ask {when.without} beside {when.field}"
                raise wrong(name, f"{where}.without", reason, RulesError)


def _beside(channel: Channel, field: str, other: str) -> bool:
    return field.rpartition(".")[0] == other.rpartition(".")[0] and _question(channel, other) is not None


def _question(channel: Channel, path: str) -> Question | None:
    group, _, inner = path.partition(".")
    question = channel.question(group)
    if question is None or not inner:
        return question
    return next((part for part in question.questions if part.key == inner), None)


def _version(channels: Mapping[str, Channel], rules: tuple[Rule, ...]) -> str:
    versions = sorted((channel.key, channel.version) for channel in channels.values())
    return hashlib.sha256(msgspec.json.encode([versions, rules])).hexdigest()
