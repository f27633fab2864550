"""Words for people: what a table, its dimensions and its values are called in a language."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

import msgspec
from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent

from portal import countries
from portal.channels import Channel
from portal.desk.statistics.facts import NOT_SAID, UNRECOGNISED
from portal.desk.statistics.tables import Row, Table

LANGUAGES = ("en", "fr", "de")
_QUESTIONS = {
    "service": ("grooming", "service_type"),
    "age_band": ("grooming", "child_age_band"),
    "site_type": ("website", "site_type"),
}
_SAME_EVERYWHERE = (NOT_SAID, UNRECOGNISED)


class _Words(msgspec.Struct, frozen=True):
    """One language of words.toml, but for its single words."""

    titles: dict[str, str]
    about: dict[str, str]
    dimensions: dict[str, str]
    values: dict[str, str]


@cache
def _read() -> dict[str, dict[str, object]]:
    text = resources.files(__package__).joinpath("words.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, dict[str, object]])


class Labels:
    """The words in one of `LANGUAGES`; those of the forms' choices come from `channels`."""

    def __init__(self, language: str, channels: Mapping[str, Channel]) -> None:
        self.language = language
        self._channels = channels
        self._locale = Locale.parse(language)
        self._words = msgspec.convert(_read()[language], _Words)

    def word(self, key: str, **filled: str) -> str:
        """A word or a sentence of its own, `{names}` filled in."""
        return re.sub(r"\{(\w+)\}", lambda match: filled[match[1]], str(_read()[self.language][key]))

    def title(self, table: Table) -> str:
        return self._words.titles[table.name]

    def about(self, table: Table) -> str:
        """What a table counts; empty where the tables beside it say so."""
        return self._words.about.get(table.name, "")

    def dimension(self, name: str) -> str:
        return self._words.dimensions[name]

    def value(self, dimension: str, value: str) -> str:
        """A value of a dimension. One that is not known stands for itself."""
        plain = self._words.values.get(f"{dimension}-{value}", self._words.values.get(value, value))
        if value in _SAME_EVERYWHERE:
            return plain
        match dimension:
            case "month":
                return self.month(value)
            case "quarter":
                return f"{value[5:]} {value[:4]}"
            case "period":
                return " / ".join(map(self.month, value.split("/")))
            case "language":
                return str(self._locale.languages.get(value, value))
            case "country":
                return countries.name(value, self.language) if countries.is_country(value) else plain
            case "authority":
                return value or self._words.values["no-name"]
            case "desk":
                return value
            case "service" | "age_band" | "site_type":
                return self._option(dimension, value)
        return plain

    def place(self, table: Table, row: Row) -> list[str]:
        """The place of a row, by the table's dimensions."""
        return [self.value(*pair) for pair in zip(table.dimensions, row.place, strict=True)]

    def month(self, month: str) -> str:
        """A month, short: Nov 2026."""
        day = date.fromisoformat(f"{month}-01")
        return str(format_skeleton("yMMM", day, locale=self._locale))

    def number(self, number: float) -> str:
        """A number as the language writes it: whole ones without decimals, others with one."""
        return str(format_decimal(number, format="#,##0.#", locale=self._locale))

    def percent(self, share: float) -> str:
        """A share of 1, in whole percent."""
        return str(format_percent(share, locale=self._locale))

    def _option(self, dimension: str, value: str) -> str:
        channel, key = _QUESTIONS[dimension]
        question = self._channels[channel].question(key) if channel in self._channels else None
        for option in question.options if question else ():
            if option.value == value:
                return option.label.text(self.language)
        return value
