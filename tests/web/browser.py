"""A browser without scripts: it keeps cookies, reads forms from pages and sends them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.web.world import ONION

Values = Mapping[str, str | Sequence[str]]
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    within: tuple["Element", ...] = ()


@dataclass
class Form:
    """One form of a page: where it goes, and the values that it has as it stands."""

    action: str
    enctype: str
    values: MultiDict[str, str] = field(default_factory=MultiDict)
