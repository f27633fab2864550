"""Reads the channel files, once, and refuses what is wrong in them by file, key and reason.

A section that several channels share, and the labels that every question of a kind has, stand in `shared.toml`;
a channel names such a section with `use`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from portal.channels.model import NARRATIVE, PRECISIONS, UNKNOWN, Channel, Option, Question, Section, Text, wire_names
from portal.channels.toml_file import convert, parse, wrong
from portal.errors import ChannelError, PortevoixError

BUILT_IN = ("travel", "grooming", "website", "self", "other")
"""The channels that ship, in the order in which they are offered."""
RESERVED = frozenset(
    [
        "ticket",
        "attachment",
        "receipt",
        "capsule",
        "message",
        "about",
        "word",
        "csrf_token",
        "keep_from",
        "filed",
        "not_safe",
        "reply",
        "our-address",
        "pad",
    ]
)
"""Form fields that the portal adds itself."""
_FOLDER = Path(__file__).parent
_OWN_OPTIONS = ("choice", "choices")
_WITH_OPTIONS = (*_OWN_OPTIONS, "yesno")


class Shared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `shared.toml` holds."""

    attachment_warning: Text
    yesno: tuple[Option, ...]
    precisions: tuple[Option, ...]
    parts: tuple[Option, ...]
    unknown: Text
    sections: tuple[Section, ...]


def load(folder: Path | None = None) -> dict[str, Channel]:
    """The channels by key: the five that ship, then those of an operator's `folder` (*.toml, by name).

    A file of the folder that is named like a channel that ships replaces it in its place. Raises ChannelError.
    """
    common = parse(_FOLDER / "shared.toml", ChannelError)
    shared = convert(common, Shared, "shared.toml", ChannelError)
    files = {key: _FOLDER / f"{key}.toml" for key in BUILT_IN}
    if folder is not None:
        if not folder.is_dir():
            raise ChannelError(f"The folder of channels {folder} does not exist: make it, or leave it out.")
        files |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    return {key: _read(path, common["sections"], shared) for key, path in files.items()}


def _read(path: Path, common: list[dict[str, Any]], shared: Shared) -> Channel:
    content = parse(path, ChannelError)
    sections = content.get("sections")
    if isinstance(sections, list):
        content["sections"] = [_used(section, common, path.name) for section in sections]
    channel = _complete(convert(content, Channel, path.name, ChannelError), shared)
    if channel.key != path.stem:
        raise _wrong(path.name, "key", f"it is to be the file's name, {path.stem}")
    _check(channel, path.name)
    return channel


def _used(section: object, common: list[dict[str, Any]], name: str) -> object:
    """A shared section in place of `{ use = KEY }`; any other section as it is."""
    if not isinstance(section, dict) or "use" not in section:
        return section
    if len(section) > 1:
        raise _wrong(name, "sections.use", "a section that is used from shared.toml has no other keys")
    for candidate in common:
        if candidate["key"] == section["use"]:
            return candidate
    raise _wrong(name, "sections.use", f"shared.toml has no section {section['use']!r}")


def _complete(channel: Channel, shared: Shared) -> Channel:
    """`channel` with the labels that are the same for every question of a kind."""
    warning = channel.attachment_warning or shared.attachment_warning
    return replace(
        channel,
        attachment_warning=warning if channel.attachments else None,
        sections=tuple(
            replace(section, questions=tuple(_labelled(question, shared) for question in section.questions))
            for section in channel.sections
        ),
    )


def _labelled(question: Question, shared: Shared) -> Question:
    match question.kind:
        case "yesno":
            return replace(question, options=question.options + shared.yesno)
        case "country":
            return replace(question, options=(*question.options, Option(UNKNOWN, shared.unknown)))
        case "date":
            return replace(question, options=question.options + shared.precisions, parts=question.parts + shared.parts)
        case "group":
            return replace(question, questions=tuple(_labelled(inner, shared) for inner in question.questions))
    return question


def _check(channel: Channel, name: str) -> None:
    """Raise ChannelError for what the types alone do not rule out."""
    if len(set(channel.desks)) < len(channel.desks):
        raise _wrong(name, "desks", "a desk is named twice")
    narrative = channel.question(NARRATIVE)
    if narrative is None or narrative.kind != "long":
        raise _wrong(name, NARRATIVE, "every channel has this question, of the kind long")
    countries = 0
    names: set[str] = set()
    for section in channel.sections:
        for question in section.questions:
            where = f"sections.{section.key}.questions.{question.key}"
            for key, reason in _problems(question):
                raise _wrong(name, where + key, reason)
            fields = wire_names(question)
            if not names.isdisjoint(fields) or not RESERVED.isdisjoint([question.key, *fields]):
                raise _wrong(name, where, "its name is already that of another form field")
            names.update(fields)
            countries += question.kind == "country"
            if countries > 1:
                raise _wrong(name, where, "a page has room for one list of countries, so ask this as text")


def _problems(question: Question, *, inside: bool = False) -> Iterator[tuple[str, str]]:
    """What is wrong with a question: a key below it, and the reason."""
    kind = question.kind
    own = len(question.options) - {"yesno": 3, "country": 1, "date": len(PRECISIONS)}.get(kind, 0)
    values = [option.value for option in question.options]
    if kind in _OWN_OPTIONS and not own:
        yield ".options", f"a question of the kind {kind} needs some"
    if (kind not in _OWN_OPTIONS and own) or len(question.parts) > (3 if kind == "date" else 0):
        yield ".options", f"a question of the kind {kind} has none of its own"
    if len(set(values)) < len(values):
        yield ".options", "a value is there twice"
    chosen = [*question.urgent, *question.prompts, *filter(None, [question.default])]
    if chosen and (kind not in _WITH_OPTIONS or not set(chosen) <= set(values)):
        yield "", "urgent, prompts and default name values of its options, nothing else"
    if question.minimum > question.maximum:
        yield ".minimum", "it is larger than the maximum"
    if (kind == "group") != bool(question.questions) or (kind == "group") != bool(question.count):
        yield ".questions", "a group has a count from 1 and questions, and nothing else has"
    if inside and (kind in ("group", "urls", "country") or question.required or question.key == NARRATIVE):
        yield "", "a group cannot ask this: no groups, urls or countries, nothing required, no narrative"
    keys = [inner.key for inner in question.questions]
    if len(set(keys)) < len(keys):
        yield ".questions", "a key is there twice"
    for inner in question.questions:
        for key, reason in _problems(inner, inside=True):
            yield f".questions.{inner.key}{key}", reason


def _wrong(name: str, key: str, reason: str) -> PortevoixError:
    return wrong(name, key, reason, ChannelError)
