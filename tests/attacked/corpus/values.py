"""Values that the type of their field does not have: numbers, dates, choices, blocks of a group."""

from collections.abc import Callable

from tests.attacked.attack import CODED, TRAVEL, Attack, attack, form, post

_NUMBER = "child-1-number"
_YEAR, _MONTH, _DAY, _PRECISION = (f"date_from-{part}" for part in ("year", "month", "day", "precision"))
_DIGITS = "9" * 5_000
"""More than Python makes a number of (4,300)."""


def _travel(**values: str) -> bytes:
    """A report in the channel `travel` that is accepted but for these values, percent-encoded."""
    return post(TRAVEL, form(**{"country": "TH", **values}))


def _each(name: str, field: str, values: dict[str, str], status: int) -> list[Attack]:
    return [attack(f"{name} {said}", _travel(**{field: value}), status) for said, value in values.items()]


def _blocks(name: str, key: str, status: int, value: str = "1") -> Attack:
    return attack(f"a block {name}", _travel(**{key: value}), status)


def _many(count: int) -> Callable[[], bytes]:
    return lambda: _travel(**{f"child-{number}-number": "1" for number in range(1, count + 1)})


NO_NUMBERS = {
    "of 5,000 digits": _DIGITS,
    "of 5,000 zeros": "0" * 5_000,
    "of five digits": "00001",
    "that is a superscript": "%c2%b2",
    "that is a digit in a circle": "%e2%91%a0",
    "that is a fraction": "%c2%bd",
    "that is Roman": "%e2%85%a3",
    "in Arabic digits": "%d9%a1%d9%a2",
    "in Devanagari": "%e0%a5%a7",
    "in full width": "%ef%bc%91%ef%bc%92",
    "in bold digits": "%f0%9d%9f%8f",
    "with an exponent": "1e9",
    "that is minus nothing": "-0",
    "that is nothing": "0",
    "with a plus": "%2B1",
    "with a point": "1.0",
    "with an underscore": "1_0",
    "in hexadecimal": "0x1",
    "that is infinite": "Infinity",
    "that is none": "NaN",
    "with a line break within": "1%0a2",
    "that is half a surrogate": "%ed%a0%80",
    "that is raw bytes": "%ff",
    "that is a word": CODED,
}
_NO_DAYS = {
    "of no month": {_YEAR: "2026", _MONTH: "13"},
    "of month nothing": {_YEAR: "2026", _MONTH: "0", _DAY: "1"},
    "of a day that is none": {_YEAR: "2026", _MONTH: "2", _DAY: "30"},
    "of day 9999": {_YEAR: "2026", _MONTH: "1", _DAY: "9999"},
    "of year nothing": {_YEAR: "0"},
    "of year 0001": {_YEAR: "0001", _MONTH: "1", _DAY: "1"},
    "of year 9999": {_YEAR: "9999", _MONTH: "12", _DAY: "31"},
    "of year 10000": {_YEAR: "10000", _MONTH: "1", _DAY: "1"},
    "of a year of 5,000 digits": {_YEAR: _DIGITS},
    "of a month of 5,000 digits": {_YEAR: "2026", _MONTH: _DIGITS},
    "of a day of 5,000 digits": {_YEAR: "2026", _MONTH: "1", _DAY: _DIGITS},
    "before Christ": {_YEAR: "-44", _MONTH: "3", _DAY: "15"},
    "in superscript": {_YEAR: "2026", _MONTH: "%c2%b2"},
    "in Arabic digits": {_YEAR: "%d9%a2%d9%a0%d9%a2%d9%a6"},
    "in full width": {_YEAR: "%ef%bc%92%ef%bc%90%ef%bc%92%ef%bc%96"},
    "without a year": {_MONTH: "1", _DAY: "1"},
    "without a month": {_YEAR: "2026", _DAY: "1"},
    "of no precision": {_YEAR: "2026", _PRECISION: CODED},
    "whose precision is half a surrogate": {_YEAR: "2026", _PRECISION: "%ed%a0%80"},
    "with half a surrogate": {_YEAR: "2026", _MONTH: "%ed%a0%80"},
}
_NO_CHOICES = {
    "that does not exist": "kanari",
    "that is a word": CODED,
    "in capitals": "GIRL",
    "of 5,000 digits": _DIGITS,
    "that is half a surrogate": "%ed%a0%80",
    "with a NUL within": "gi%00%01rl-",
}

ATTACKS = [
    *_each("a number", _NUMBER, NO_NUMBERS, 400),
    attack("a number that is one, among blanks", _travel(**{_NUMBER: "+%091%0d%0a"}), 200),
    attack("a number twice", post(TRAVEL, form(country="TH") + f"&{_NUMBER}=1&{_NUMBER}={_DIGITS}"), 200),
    *(attack(f"a date {said}", _travel(**values), 400) for said, values in _NO_DAYS.items()),
    attack("a date finer than it was typed", _travel(**{_YEAR: "2026", _PRECISION: "day"}), 200),
    attack("a leap day", _travel(**{_YEAR: "2028", _MONTH: "2", _DAY: "29"}), 200),
    *_each("a choice", "child-1-sex", _NO_CHOICES, 400),
    *_each("one of several choices", "signs", _NO_CHOICES, 400),
    *_each("a yes or no", "ongoing", _NO_CHOICES, 400),
    *_each("a country", "country", {**_NO_CHOICES, "of nowhere": "XX", "of three letters": "THA", "none": ""}, 400),
    _blocks("nothing", "child-0-number", 200),
    _blocks("below nothing", "child--1-number", 200),
    _blocks("after the last", "child-4-number", 200),
    _blocks("far after the last", "child-999999999-number", 200),
    _blocks("of 5,000 digits", f"child-{_DIGITS}-number", 200),
    _blocks("in superscript", "child-%c2%b2-number", 200),
    _blocks("in Arabic digits", "child-%d9%a1-number", 200),
    _blocks("with an exponent", "child-1e0-number", 200),
    _blocks("that is half a surrogate", "child-%ed%a0%80-number", 200),
    _blocks("without a number", "child--number", 200),
    _blocks("within a block", "child-1-child-1-number", 200),
    _blocks("as an answer", "child", 200),
    _blocks("of a word", f"child-{CODED}-number", 200),
    attack("900 blocks", _many(900), 200),
    attack("1,000 blocks", _many(1_000), 413),
    attack("100,000 blocks", _many(100_000), 413),
]
