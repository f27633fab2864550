"""The settings of a desk: typed values in the casebook, as canonical JSON.

Rules kept here: a value has the type that its owner defined, when it is written and when it is read; every change is
in the custody log. The module that uses a setting defines it, so `defined()` has all that were imported.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from portal import canonical
from portal.desk.casebook import Casebook
from portal.desk.session import Desk
from portal.errors import DeskError, FormatError

Value = TypeVar("Value")
_DEFINED: dict[str, "Setting"] = {}


@dataclass(frozen=True)
class Setting:
    """What a key means. `kind` is a type that msgspec can check: str, int, list[Staff], a Struct, Place | None."""

    key: str
    kind: Any
    default: Any
    meaning: str
    example: str = ""
    """JSON, where the default does not show what a value looks like."""
    private: bool = False
    """Whether the log keeps only the SHA-256 of its values: where they name people."""


def define(key: str, kind: Any, default: Any, meaning: str, *, example: str = "", private: bool = False) -> Setting:
    """Say what a setting is, once, where its owner is imported; `meaning` is one sentence for a caseworker."""
    setting = Setting(key, kind, default, meaning, example, private)
    _DEFINED[key] = setting
    return setting


def defined() -> list[Setting]:
    """Every setting, in the order of the keys."""
    return [_DEFINED[key] for key in sorted(_DEFINED)]


def find(key: str) -> Setting:
    """The setting called `key`. Raises DeskError."""
    if key not in _DEFINED:
        raise DeskError(
            f"There is no such setting: `desk settings DIR` shows all of them ({', '.join(sorted(_DEFINED))})."
        )
    return _DEFINED[key]


def get(casebook: Casebook, key: str, kind: type[Value], default: Value) -> Value:
    """The value of a setting, or `default` where none is set. Raises DeskError if what is stored is of another kind."""
    row = casebook.one("SELECT value FROM settings WHERE key = ?", key)
    if not row:
        return default
    try:
        return msgspec.json.decode(row[0], type=kind)
    except msgspec.MsgspecError as error:
        raise DeskError(f"The setting {key} cannot be used ({error}): set it again with `desk settings`.") from None


def value(casebook: Casebook, setting: Setting) -> Any:
    """The value of a defined setting, or its default."""
    return get(casebook, setting.key, setting.kind, setting.default)


def is_set(casebook: Casebook, key: str) -> bool:
    """Whether this desk has chosen a value of its own."""
    return bool(casebook.one("SELECT 1 FROM settings WHERE key = ?", key))


def put(desk: Desk, key: str, value: Any) -> None:
    """Set a value, anything that msgspec can write. Raises DeskError if it is not of the kind that was defined."""
    put_all(desk, {key: value})


def put_all(desk: Desk, values: Mapping[str, Any]) -> None:
    """The same with several settings: all of them, or none if it raises."""
    checked = [(key, *_checked(key, value)) for key, value in values.items()]
    with desk.casebook.transaction():
        for key, written, said in checked:
            desk.casebook.run(
                "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                *(key, written.decode()),
            )
            desk.record("settings-changed", key=key, **said)


def _checked(key: str, value: Any) -> tuple[bytes, dict[str, Any]]:
    """What is stored, and what the log says of it."""
    setting = _DEFINED.get(key)
    try:
        plain = msgspec.to_builtins(value)
        if setting is not None:
            plain = msgspec.to_builtins(msgspec.convert(plain, setting.kind))
        written = canonical.dumps(plain)
    except (msgspec.ValidationError, FormatError) as error:
        raise DeskError(f"This is no value for the setting {key} ({error}): nothing was changed.") from None
    return written, {"sha256": hashlib.sha256(written).hexdigest()} if setting and setting.private else {"value": plain}


def reset(desk: Desk, *keys: str) -> None:
    """Forget the values of settings, so that their defaults hold again."""
    with desk.casebook.transaction():
        for key in keys:
            desk.casebook.run("DELETE FROM settings WHERE key = ?", key)
            desk.record("settings-changed", key=key, reset=True)


def parse(setting: Setting, text: str) -> Any:
    """A value as a person writes it: JSON, or the text itself where the setting is a text. Raises DeskError."""
    try:
        return msgspec.json.decode(text, type=setting.kind)
    except msgspec.MsgspecError as error:
        if setting.kind is str:
            return text.strip()
        example = setting.example or as_json(setting.default)
        raise DeskError(
            f"This is no value for the setting {setting.key} ({error}): write JSON such as {example}."
        ) from None


def as_json(value: Any) -> str:
    """A value as JSON in one line."""
    return msgspec.json.encode(value, order="sorted").decode()
