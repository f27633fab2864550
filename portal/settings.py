"""One frozen structure with all that a deployment decides, read once at the start.

It comes from `portal.toml` in the state folder (optional) and from the command line, which goes first.
"""

import os
from pathlib import Path
from typing import Annotated, Any

import msgspec

from portal import files, limits
from portal.errors import SettingsError
from portal.store import sqlite_url

LANGUAGES = ("en", "fr", "de")
FILE = "portal.toml"
Bytes = Annotated[int, msgspec.Meta(ge=1)]
Text = dict[str, str]
"""A text by language; English stands in for a missing one."""


class DeskInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A desk as reporters see it."""

    title: Text
    """Its name, by language."""
    days_to_read: Annotated[int, msgspec.Meta(ge=1, le=60)] | None = None
    """Within how many days somebody reads a report; said to reporters only if set."""
    controller: str = ""
    """Who answers for the personal data, for the deployment's impact assessment."""
    regime: str = ""
    """Under which law: Directive (EU) 2016/680 for the police, Regulation (EU) 2016/679 for the others."""


DESKS = {
    "police": DeskInfo(
        {"en": "Grand-Ducal Police", "fr": "Police grand-ducale", "de": "Großherzogliche Polizei"},
        controller="Grand-Ducal Police",
        regime="Directive (EU) 2016/680",
    ),
    "stopline": DeskInfo(
        {"en": "BEE SECURE Stopline", "fr": "BEE SECURE Stopline", "de": "BEE SECURE Stopline"},
        controller="BEE SECURE",
        regime="Regulation (EU) 2016/679",
    ),
    "ecpat": DeskInfo(
        {"en": "ECPAT Luxembourg", "fr": "ECPAT Luxembourg", "de": "ECPAT Luxembourg"},
        controller="ECPAT Luxembourg",
        regime="Regulation (EU) 2016/679",
    ),
}
TITLE = {
    "en": "Report the sexual exploitation of children",
    "fr": "Signaler l'exploitation sexuelle d'enfants",
    "de": "Sexuelle Ausbeutung von Kindern melden",
}
INDEPENDENT_BODIES = {
    "en": "the public prosecutor (Parquet), the Ombudsman for children and young people (OKaJu), or the "
    "Kanner-Jugendtelefon on 116 111",
    "fr": "le Parquet, l'Ombudsman pour les enfants et les jeunes (OKaJu) ou le Kanner-Jugendtelefon au 116 111",
    "de": "die Staatsanwaltschaft (Parquet), die Ombudsstelle für Kinder und Jugendliche (OKaJu) oder das "
    "Kanner-Jugendtelefon unter 116 111",
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a deployment decides; every size is in bytes, every time in seconds."""

    state: Path
    """The folder of database, secrets and onion key."""
    keys: Path
    """The folder of the desks' public keys."""
    database: str
    """SQLAlchemy URL."""
    coordination_key: str | None = None
    """The minisign public key that signs `roster.toml` in the keys folder; without it no roster is asked for."""
    title: Text = msgspec.field(default_factory=TITLE.copy)
    """The name of the site, by language."""
    desks: dict[str, DeskInfo] = msgspec.field(default_factory=DESKS.copy)
    """The desks, by the name that channels and key files use."""
    channel_desks: dict[str, list[str]] = {}
    """Which desks read a channel, where it is not what the channel's own file says."""
    fallback: str | None = None
    """The desk that reads a report which was kept from all others."""
    independent_bodies: Text = msgspec.field(default_factory=INDEPENDENT_BODIES.copy)
    """Named where nobody is left to read a report."""
    channel_folder: Path | None = None
    """A folder with channel files of the deployment's own."""
    helpline_file: Path | None = None
    """The deployment's own help lines."""
    attachment_bytes: Bytes = limits.ATTACHMENT_BYTES
    """The largest single file."""
    attachment_count: Annotated[int, msgspec.Meta(ge=1, le=limits.ATTACHMENT_COUNT)] = limits.ATTACHMENT_COUNT
    """Files in one submission."""
    submission_bytes: Annotated[int, msgspec.Meta(ge=1, le=limits.SUBMISSION_BYTES)] = limits.SUBMISSION_BYTES
    """The largest request."""
    in_flight_bytes: Bytes = limits.IN_FLIGHT_BYTES
    """All request bodies that are being received at one moment."""
    free_bytes_attachments: int = limits.FREE_BYTES_ATTACHMENTS
    """Below this much free space attachments are refused."""
    free_bytes_text: int = limits.FREE_BYTES_TEXT
    """Below this much free space every report is refused."""
    permits: Annotated[int, msgspec.Meta(ge=1, le=64)] = min(os.cpu_count() or 1, limits.PERMITS)
    """How many receipts are stretched at once, 64 MiB of memory each."""
    tor_lines: list[str] = []
    """Lines for the managed tor, for bridges and pluggable transports."""
    tor_control: str | None = None
    """The control socket or HOST:PORT of a system tor; without it the portal runs its own."""
    proof_of_work: bool = True
    """Whether the onion service asks visitors' tors for proof of work when it is flooded."""


def load(state: Path, keys: Path | None = None, database: str | None = None) -> Settings:
    """Read the settings of a state folder; the arguments go before the file. Raises SettingsError."""
    if not state.is_dir():
        raise SettingsError(f"{state} is not there: make it with `portal init --state {state}`.")
    path = state / FILE
    found: dict[str, Any] = {}
    if path.exists():
        try:
            found = msgspec.toml.decode(path.read_bytes())
        except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} cannot be read as TOML ({type(error).__name__}): mend it.") from None
    found["state"] = str(state.resolve())
    if keys is not None:
        found["keys"] = str(keys.resolve())
    if database is not None:
        found["database"] = database
    found.setdefault("keys", str(state.resolve() / "keys"))
    found.setdefault("database", sqlite_url(state.resolve() / "portal.db"))
    try:
        settings = msgspec.convert(found, Settings, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {error}; docs/operations.md lists every setting.") from None
    if settings.fallback is not None and settings.fallback not in settings.desks:
        raise SettingsError(f"{path}: `fallback` must be one of the desks: {', '.join(settings.desks)}.")
    return settings


def remember_database(state: Path, database: str) -> None:
    """Write the database URL into a new `portal.toml`; one that is there is the operator's and stays."""
    path = state / FILE
    if not path.exists():
        # A JSON string is a TOML basic string as well.
        files.write(path, [b"database = " + msgspec.json.encode(database) + b"\n"])
