"""Texts that do nothing in the programs that open a referral: no formula, no link, no hidden character. Pure."""

import re

from portal.desk import console

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate, or run, a cell (OWASP, "CSV Injection")."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def line(text: str) -> str:
    """A text on one line, with what could hide or reorder it as its code."""
    return console.line(text)


def cell(text: str) -> str:
    """A text as a cell of a table that nothing calculates: an apostrophe stands before a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def xml(text: str) -> str:
    """A text that XML 1.0 can hold (section 2.2, Char), with what could hide or reorder it as its code as well."""
    return _NOT_XML.sub(lambda match: f"<U+{ord(match[0]):04X}>", console.lines(text))
