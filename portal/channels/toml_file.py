"""A TOML file as a checked structure, with errors that name file, key and reason."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from portal.errors import PortevoixError

Structure = TypeVar("Structure")


def parse(path: Path, error: type[PortevoixError]) -> dict[str, Any]:
    """What the TOML file at `path` says. Raises `error` if it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as reason:
        raise error(f"The file {path.name} cannot be read: {reason.strerror}.") from None
    except UnicodeDecodeError:
        raise error(f"The file {path.name} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as reason:
        raise error(f"The file {path.name} is not TOML: {reason}.") from None


def convert(
    content: object, kind: type[Structure], name: str, error: type[PortevoixError], below: str = ""
) -> Structure:
    """The structure of type `kind` that `content` says, the file `name` or what is `below` a key of it.

    Raises `error`.
    """
    try:
        return msgspec.convert(content, kind, strict=True)
    except msgspec.ValidationError as problem:
        reason, _, path = str(problem).partition(" - at `$")
        key = ".".join(part for part in (below, *_speaking(path.rstrip("`"), content, reason)) if part)
        raise wrong(name, key or "its top", _plain(reason), error) from None


def wrong(name: str, key: str, reason: str, error: type[PortevoixError]) -> PortevoixError:
    """The one form of an error in a file: its name, the key, and the reason."""
    return error(f"The file {name} is wrong at {key}: {reason}.")


def _speaking(path: str, content: Any, reason: str) -> list[str]:
    """msgspec's `.sections[0].questions[2].label` as sections, place, questions, city, label."""
    parts = []
    for name, index in re.findall(r"\.(\w+)|\[([^\]]+)\]", path):
        part = name or index
        if part == "...":  # a key of a table, which msgspec does not name
            continue
        try:
            content = content[int(index)] if index.isdigit() else content[part]
        except (KeyError, IndexError, TypeError):
            content = None
        if index and isinstance(content, dict):
            part = str(content.get("key") or content.get("value") or part)
        parts.append(part)
    if missing := re.search(r"(?:required|unknown) field `(.+)`", reason):
        parts.append(missing[1])
    return parts


def _plain(reason: str) -> str:
    if "missing required field" in reason:
        return "it is missing"
    if "unknown field" in reason:
        return "nothing has this name"
    return reason[0].lower() + reason[1:]
