"""The settings of the desk as a form asks for them: in words, with units, and empty where there is no limit.

Text in, text out. What a value may be, the module that owns the setting says (portal.desk.preferences).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from portal.channels import LANGUAGES
from portal.desk import care, deadlines, labelling, preferences, retention, staff
from portal.desk.preferences import Setting
from portal.desk.retention import Rules
from portal.desk.session import Desk
from portal.desk.staff import Staff
from portal.errors import DeskError

Texts = Mapping[str, str]
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_PHONE = re.compile(r"[+(]?\d[\d\s()/.-]{4,}")


@dataclass(frozen=True)
class Section:
    """Some settings that are changed together: what stands in the fields now, and how that becomes values again."""

    key: str
    settings: tuple[Setting, ...]
    texts: Callable[[Desk], dict[str, str]]
    values: Callable[[Desk, Texts], Mapping[str, Any]]
    """By the keys of settings. Raises DeskError for what is no value."""

    def save(self, desk: Desk, form: Texts) -> None:
        """Write what differs from what is there. Raises DeskError; then nothing is changed."""
        wanted = self.values(desk, form)
        changed = [one for one in self.settings if wanted[one.key] != preferences.value(desk.casebook, one)]
        preferences.put_all(desk, {setting.key: wanted[setting.key] for setting in changed})

    def reset(self, desk: Desk) -> None:
        """Let the usual values hold again."""
        preferences.reset(desk, *(one.key for one in self.settings if preferences.is_set(desk.casebook, one.key)))

    def is_own(self, desk: Desk) -> bool:
        """Whether the desk has chosen one of these values itself."""
        return any(preferences.is_set(desk.casebook, setting.key) for setting in self.settings)


DAYS: Mapping[str, str] = {
    deadlines.URGENT_LOOK.key: "Somebody looks at what came to an urgent case within",
    deadlines.LOOK.key: "Somebody looks at what came to any other case within",
    deadlines.ANSWER.key: "A reporter gets a first answer within",
    deadlines.QUESTION.key: "A case goes on without a reply to our question after",
}
"""The deadlines, as the page asks for them; the unit is days."""
STAY: Mapping[str, str] = {
    "outside_remit_days": "A case that is not for us is erased after",
    "forwarded_days": "A case that was passed on or closed is erased after",
    "review_days": "Any other case comes up to be looked at again after",
}
"""How long cases stay; the unit is days."""


def _as_text(number: int | None) -> str:
    return "" if number is None else str(number)


def _as_number(form: Texts, name: str, label: str) -> int | None:
    text = form.get(name, "").strip()
    if text and not _NUMBER.fullmatch(text):
        raise DeskError(f"“{label} …”: write a number of days, or leave it empty for no limit.")
    return int(text) if text else None


def _deadline_texts(desk: Desk) -> dict[str, str]:
    return {setting.key: _as_text(preferences.value(desk.casebook, setting)) for setting in DEADLINES.settings}


def _deadline_values(desk: Desk, form: Texts) -> Mapping[str, Any]:
    return {key: _as_number(form, key, label) for key, label in DAYS.items()}


def _stay_texts(desk: Desk) -> dict[str, str]:
    rules = retention.rules(desk.casebook, desk.name)
    days = {name: _as_text(getattr(rules, name)) for name in STAY}
    return {
        **days,
        "controller": rules.controller,
        "regime": rules.regime,
        "erase": "yes" if rules.erase_contact else "",
    }


def _stay_values(desk: Desk, form: Texts) -> Mapping[str, Any]:
    if form.get("regime") not in retention.REGIMES:
        raise DeskError("Choose the law that holds for this desk.")
    days = {name: _as_number(form, name, label) for name, label in STAY.items()}
    controller, regime = form.get("controller", "").strip(), cast(retention.Regime, form["regime"])
    rules = Rules(controller, regime, erase_contact=form.get("erase") == "yes", **days)
    return {retention.KEY: rules}


def _people_texts(desk: Desk) -> dict[str, str]:
    people: list[Staff] = preferences.value(desk.casebook, staff.LIST)
    return {"people": "\n".join("; ".join([one.name, *one.addresses, *one.phones]) for one in people)}


def _people_values(desk: Desk, form: Texts) -> Mapping[str, Any]:
    lines = [line.strip() for line in form.get("people", "").splitlines()]
    return {staff.KEY: [_person(line) for line in lines if line]}


def _person(line: str) -> Staff:
    name, *rest = (part.strip() for part in line.split(";"))
    if not name:
        raise DeskError("A line begins without a name: write the name first, then a semicolon, then the rest.")
    phones = [part for part in rest if _PHONE.fullmatch(part)]
    return Staff(name, [part for part in rest if part and part not in phones], phones)


def _break_texts(desk: Desk) -> dict[str, str]:
    return {"cases": str(preferences.value(desk.casebook, care.BREAK_AFTER))}


def _break_values(desk: Desk, form: Texts) -> Mapping[str, Any]:
    text = form.get("cases", "").strip() or "0"
    if not _NUMBER.fullmatch(text):
        raise DeskError("Write after how many cases a break is proposed: a number, or 0 for never.")
    return {care.BREAK_AFTER.key: int(text)}


def _label_texts(desk: Desk) -> dict[str, str]:
    return {"language": labelling.language(desk.casebook)}


def _label_values(desk: Desk, form: Texts) -> Mapping[str, Any]:
    if form.get("language") not in LANGUAGES:
        raise DeskError("Choose the language of the forms' questions.")
    return {labelling.LANGUAGE.key: form["language"]}


DEADLINES = Section(
    "deadlines",
    (deadlines.URGENT_LOOK, deadlines.LOOK, deadlines.ANSWER, deadlines.QUESTION),
    _deadline_texts,
    _deadline_values,
)
SECTIONS: Mapping[str, Section] = {
    section.key: section
    for section in (
        DEADLINES,
        Section(retention.KEY, (preferences.find(retention.KEY),), _stay_texts, _stay_values),
        Section(staff.KEY, (staff.LIST,), _people_texts, _people_values),
        Section(labelling.LANGUAGE.key, (labelling.LANGUAGE,), _label_texts, _label_values),
        Section("breaks", (care.BREAK_AFTER,), _break_texts, _break_values),
    )
}
"""In the order of the page. The backup place has a page of its own, and the reminder of a break stands under "More"."""
