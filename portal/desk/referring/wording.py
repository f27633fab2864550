"""The words of a referral in the language of whoever receives it (words.toml)."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = ("en", "fr", "de")


@dataclass(frozen=True)
class Words:
    """Called with a key and what is to be filled in; `statuses` and `sources` by their keys."""

    plain: dict[str, str]
    statuses: dict[str, str]
    sources: dict[str, str]

    def __call__(self, key: str, **filled: object) -> str:
        # Not format(): what is filled in was written by strangers, and may have braces of its own.
        return re.sub(r"\{(\w+)\}", lambda match: str(filled[match[1]]), self.plain[key])

    def status(self, key: str) -> str:
        return self.statuses.get(key, key)

    def source(self, key: str) -> str:
        return self.sources.get(key, key)


@cache
def words(language: str) -> Words:
    """The words in `language`, which is one of LANGUAGES."""
    read = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))[language]
    statuses, sources = read.pop("statuses"), read.pop("sources")
    return Words(read, statuses, sources)
