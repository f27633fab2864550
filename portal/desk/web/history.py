"""An entry of the log as a sentence: what was done, and with which other case, person or desk."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from portal.desk import console
from portal.desk.custody import Record
from portal.desk.web import wording

_CASE = Markup('<a href="/case/{0}">{0}</a>')


def told(record: Record) -> Markup:
    """What an entry says. What was erased, and what another desk did, names nothing that could be followed."""
    details, act = record.details, record.entry.act
    if details is None or act not in _MORE:
        return Markup("{}").format(wording.act(act))
    return _MORE[act](details)


def _joined(details: Mapping[str, Any]) -> Markup:
    other = _CASE.format(details.get("into") or details["taken"])
    return Markup("Joined with case {}").format(other)


def _separated(details: Mapping[str, Any]) -> Markup:
    return Markup("Separated again from case {}").format(_CASE.format(details.get("of") or details["left"]))


def _assigned(details: Mapping[str, Any]) -> Markup:
    return Markup("Given to {}").format(details["to"]) if details["to"] else Markup("Nobody has the case any more")


def _tagged(details: Mapping[str, Any]) -> Markup:
    what = "taken away" if details["removed"] else "added"
    return Markup("Tags {}: {}").format(what, console.line(", ".join(details["tags"])))


def _status(details: Mapping[str, Any]) -> Markup:
    return Markup("Status without an answer: {}").format(wording.status(details["status"]))


def _answered(details: Mapping[str, Any]) -> Markup:
    return Markup("An answer was written: {}").format(wording.status(details["status"]))


def _withdrawn(details: Mapping[str, Any]) -> Markup:
    return Markup("An answer was withdrawn before it went out: {}").format(wording.status(details["status"]))


def _handed_over(details: Mapping[str, Any]) -> Markup:
    return Markup("Handed to the desk {}").format(details["to"])


def _taken_over(details: Mapping[str, Any]) -> Markup:
    return Markup("Taken over from the desk {0}, where it is case {1}").format(details["desk"], details["name"])


def _referred(details: Mapping[str, Any]) -> Markup:
    return Markup("Referred to {}").format(details["authority"] or "nobody in particular")


def _sealed_away(details: Mapping[str, Any]) -> Markup:
    return Markup("An attachment was sealed to {} and erased here").format(details["authority"])


_MORE: Mapping[str, Callable[[Mapping[str, Any]], Markup]] = {
    "merged": _joined,
    "unmerged": _separated,
    "assigned": _assigned,
    "tagged": _tagged,
    "status": _status,
    "replied": _answered,
    "withdrawn": _withdrawn,
    "referred": _referred,
    "attachment-sealed": _sealed_away,
    "transferred": _handed_over,
    "received": _taken_over,
}
