"""A portal's web side on a real intake and store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from portal import helplines
from portal.intake import Routing
from portal.report import Report
from portal.settings import LANGUAGES, Settings
from portal.web.app import create_app
from portal.web.site import Site
from tests.intake_world import World

ONION = "a" * 55 + "d.onion"
DESKS = {
    "travel": ("police",),
    "grooming": ("police",),
    "website": ("ecpat",),
    "self": ("police", "ecpat"),
    "other": ("ecpat",),
}
CHANNELS = tuple(DESKS)


@dataclass
class Found:
    """A report that waits, with its attachments and the desks that can open it."""

    report: Report
    files: list[bytes]
    desks: set[str]


class WebWorld(World):
    """`World` with every channel routed, and the application on top of it."""

    def __init__(self, folder: Path, fallback: str | None = None, url: str | None = None) -> None:
        super().__init__(url or f"sqlite:///{folder / 'portal.db'}", folder, fallback)
        self.routing = Routing(DESKS, fallback)
        self.room = {True: True, False: True}
        self.has_room = self.room.__getitem__
        self.intake = self.another_process()
        self.settings = Settings(state=self.folder, keys=folder / "keys", database="", fallback=fallback)
        self.app = create_app(self.site())

    def site(self, **changes: Any) -> Site:
        """What the application is given."""
        values: dict[str, Any] = {
            "settings": self.settings,
            "intake": self.intake,
            "channels": self.intake.channels,
            "helplines": helplines.load(),
            "languages": LANGUAGES,
            "hosts": lambda: frozenset({ONION, "localhost"}),
            "onion": lambda: ONION,
            "portal_key_words": ["abandon"] * 8,
            "desk_keys": self.keys.all,
            "clock": self.clock,
        }
        return Site(**(values | changes))

    def with_settings(self, **changes: Any) -> None:
        """Start again with other settings."""
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self.app = create_app(self.site())

    def found(self, text: str) -> list[Found]:
        """The reports with this text in them, as the desks find them."""
        found: dict[str, Found] = {}
        for name, desk in self.desks.items():
            for report, files in desk.read(self.store):
                if text in report.narrative:
                    found.setdefault(report.id, Found(report, files, set())).desks.add(name)
        return list(found.values())
