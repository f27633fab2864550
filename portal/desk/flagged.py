"""The flags that stand on a case, in words: what a rule of triage says, and the question whose answer raised it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.channels import Channel
from portal.desk import triage
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.desk.triage import Triage
from portal.errors import RulesError


@dataclass(frozen=True)
class Flagged:
    """`rule` and `field` are keys, `label` and `question` what they are called in a language."""

    rule: str
    label: str
    field: str
    question: str
    urgent: bool


def names(desk: Desk, channels: Mapping[str, Channel], language: str) -> Callable[[str], str]:
    """Gives what a rule is called, from its key; the key itself while the rules of the desk cannot be read."""
    rules = _rules(desk, channels)
    return str if rules is None else lambda rule: rules.label(rule, language)


def of_case(desk: Desk, case: Case, channels: Mapping[str, Channel], language: str) -> list[Flagged]:
    """The flags of a case, the urgent ones first; the keys alone while the rules of the desk cannot be read."""
    rows = desk.casebook.all(
        "SELECT rule, channel, field, urgent FROM flags WHERE case_id = ? ORDER BY urgent DESC, rule, field", case.id
    )
    if not rows:
        return []
    rules = _rules(desk, channels)
    if rules is None:
        return [Flagged(rule, rule, field, field, bool(urgent)) for rule, _, field, urgent in rows]
    return [
        Flagged(rule, rules.label(rule, language), field, rules.field_label(channel, field, language), bool(urgent))
        for rule, channel, field, urgent in rows
    ]


def _rules(desk: Desk, channels: Mapping[str, Channel]) -> Triage | None:
    """The rules; a file that cannot be read keeps nobody from a case."""
    try:
        return triage.load_rules(desk.folder, channels)
    except RulesError:
        return None
