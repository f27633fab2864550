"""The help lines: who can be called, from `helplines.toml` or an operator's own file."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

from portal.channels.model import Text, Words
from portal.channels.toml_file import convert, parse, wrong
from portal.errors import SettingsError

EVERY_CHANNEL = "*"
_BUILT_IN = Path(__file__).parent / "helplines.toml"

_Number = Annotated[str, msgspec.Meta(pattern=r"\A[0-9][0-9 /-]*\Z", max_length=32)]
_NumberAbroad = Annotated[str, msgspec.Meta(pattern=r"\A\+[0-9][0-9 /-]*\Z", max_length=32)]
_Language = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{2}\Z")]


class Helpline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line to call, or a service on the web; what is not known is None or empty."""

    name: Text
    checked: date
    """The day on which somebody last made sure that all of this is so."""
    channels: tuple[str, ...]
    """Keys of the channels that show it, or `EVERY_CHANNEL`."""
    number: _Number | None = None
    """As dialled in its own country."""
    number_abroad: _NumberAbroad | None = None
    """As dialled from elsewhere, with the code of the country."""
    hours: Text | None = None
    languages: tuple[_Language, ...] = ()
    """Spoken there, two letters each (ISO 639-1)."""
    web: Words | None = None
    """Address on the web, without `https://`."""


def load(path: Path | None = None) -> dict[str, Helpline]:
    """The help lines by key, in the order of the file at `path`, by default those of Luxembourg.

    Raises SettingsError, which names the file, the key and the reason.
    """
    path = path or _BUILT_IN
    content = parse(path, SettingsError)
    lines = {key: convert(line, Helpline, path.name, SettingsError, below=key) for key, line in content.items()}
    for key, line in lines.items():
        if line.number is None and line.web is None:
            raise wrong(path.name, key, "it has neither number nor web", SettingsError)
    return lines


def for_channel(lines: Mapping[str, Helpline], channel: str, first: Sequence[str] = ()) -> list[Helpline]:
    """The lines that the channel with this key shows: those whose keys are in `first`, then the others.

    A key of `first` that is not in `lines` is passed over: an operator's file may name other lines.
    """
    shown = {key: line for key, line in lines.items() if {channel, EVERY_CHANNEL} & {*line.channels}}
    order = [*(key for key in first if key in shown), *(key for key in shown if key not in first)]
    return [shown[key] for key in order]
