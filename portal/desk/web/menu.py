"""The ways through the page: what stands on top, what stands under "More", and to which of them a page belongs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Entry(NamedTuple):
    """A page that a menu leads to."""

    path: str
    label: str
    about: str = ""
    key: str = ""
    """With Alt it leads there from everywhere."""


MAIN: Sequence[Entry] = (
    Entry("/", "Inbox", key="i"),
    Entry("/search", "Search", key="s"),
    Entry("/import", "Import", key="m"),
    Entry("/pack", "Pack", key="p"),
    Entry("/referrals", "Referrals", key="r"),
    Entry("/statistics", "Statistics", key="t"),
    Entry("/more", "More", key="o"),
)
MORE: Mapping[str, Sequence[Entry]] = {
    "Cases": (
        Entry("/handover", "Handover", "What is open and waits, and what others did since you were last here"),
        Entry("/add", "Add a report", "One that came by telephone, by letter or in a visit"),
        Entry("/several", "Several cases", "One status for many cases at once, each reporter told in their language"),
        Entry("/receive", "Take a case over", "One that another desk of the site hands to this one"),
        Entry("/due", "Cases whose time is over", "What is to be erased, and what is to be looked at again"),
        Entry("/person", "Requests of a person", "Find every mention of a person, and record what was decided"),
    ),
    "This desk": (
        Entry("/verify", "Check the desk", "Prove that nothing was changed, and read the log: who did what, and when"),
        Entry("/backups", "Backups", "Where they go, and making one now"),
        Entry("/people", "People and keys", "Who works here, your passphrase, new keys, and the paper copy for a safe"),
        Entry("/settings", "Settings", "Deadlines, how long cases stay, colleagues' names, breaks"),
        Entry("/texts", "Texts of answers", "What the desk says to reporters for each status, in five languages"),
        Entry("/job", "Work under way", "How far the last import or pack has come"),
    ),
    "Others": (
        Entry("/authorities", "Authorities", "To whom cases can be referred"),
        Entry("/portals", "Portals", "Whose bundles this desk takes, and the new key of one of them"),
    ),
}
_BELONGS = {"case": "/", "enter": "/", "purge": "/more", "authorities": "/referrals"}
"""First parts of paths that neither stand on top nor under "More", and one that does under both."""


def section(path: str) -> str:
    """The entry on top that a page belongs to: its path, or nothing for a page that belongs to none."""
    first = path.split("/")[1]
    if first in _BELONGS:
        return _BELONGS[first]
    if any(entry.path == f"/{first}" for entry in MAIN):
        return f"/{first}"
    under_more = any(entry.path == f"/{first}" for entries in MORE.values() for entry in entries)
    return "/more" if under_more else ""
