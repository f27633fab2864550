"""What the web side is given: everything that the composition root made, in one structure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from flask import current_app

from portal.channels import Channel
from portal.desks import DeskKeys
from portal.helplines import Helpline
from portal.intake import Intake
from portal.settings import DeskInfo, Settings


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    """The parts behind the pages. The callables are asked at every request, since what they say may change."""

    settings: Settings
    intake: Intake
    channels: Mapping[str, Channel]
    """By key, in the order in which they are shown."""
    helplines: Mapping[str, Helpline]
    languages: Sequence[str]
    """Those of the pages, the first is for a browser that prefers none of them."""
    hosts: Callable[[], frozenset[str]]
    """The values of `Host` that are ours, in lower case, with a port where it is not 80."""
    onion: Callable[[], str | None]
    """Our onion address with `.onion`, once it is known."""
    portal_key_words: Sequence[str] = ()
    """The fingerprint of the portal's minisign key."""
    desk_keys: Callable[[], Mapping[str, DeskKeys]] = field(default=dict)
    """The desks' public keys, by desk."""
    clock: Callable[[], datetime] = field(default=_now)
    """The time in UTC; only its day is ever shown."""


def current_site() -> Site:
    """The site of the request at hand."""
    return cast(Site, current_app.extensions["portevoix"])


def in_language(text: Mapping[str, str], language: str) -> str:
    """A text of the settings; English stands in for a missing language."""
    return text.get(language) or text["en"]


def desk_name(desk: str, language: str) -> str:
    """A desk as reporters know it."""
    info: DeskInfo | None = current_site().settings.desks.get(desk)
    return desk if info is None else in_language(info.title, language)
