"""The portals that this desk trusts, and how far the exchange with each has come.

Rules kept here: a portal's key is pinned once and never changes by an import; what a pack acknowledges or carries is
repeated in every pack until a bundle shows that the portal has it (docs/format.md sections 9 and 10).

Functions here read and write the casebook; a change belongs into a transaction of the caller.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import minisign

from portal import bundle
from portal.bundle import Bundle, Unread
from portal.desk.casebook import Casebook
from portal.desk.naming import check_name
from portal.errors import BundleError, DeskError, Refused

FIRST_NAME = "portal"
"""The name of a portal that is pinned without one."""
_KEY_FILE_BYTES = 4096
# The row without a key stands for no portal (portal.desk.origins).
_PORTALS = "SELECT id, name, key, bundle, seen, pack, confirmed FROM portals WHERE key <> ''"


@dataclass(frozen=True)
class Portal:
    """A pinned portal: counters of its newest whole bundle, of the newest that was begun, of our last pack, and of the
    last pack that it took."""

    id: int
    name: str
    key: minisign.PublicKey
    bundle: int
    seen: int
    pack: int
    confirmed: int


@dataclass(frozen=True)
class Trust:
    """What a caseworker says about where a bundle comes from.

    `ask` is called where no portal is pinned and no key is given; it gives the key that a person has compared.
    """

    key: minisign.PublicKey | None = None
    name: str | None = None
    ask: Callable[[], minisign.PublicKey] | None = None


def pinned(casebook: Casebook) -> list[Portal]:
    """The portals that this desk knows, in the order in which they were pinned."""
    return [_portal(*row) for row in casebook.all(f"{_PORTALS} ORDER BY id")]


def find(casebook: Casebook, name: str | None) -> Portal:
    """The portal called `name`, or the only one. Raises DeskError."""
    known = pinned(casebook)
    if not known:
        raise DeskError("This desk knows no portal yet: import a bundle first.")
    if name is None and len(known) > 1:
        raise DeskError(f"This desk knows several portals: say which with --portal ({_names(known)}).")
    for portal in known:
        if name in (None, portal.name):
            return portal
    raise DeskError(f"This desk knows no portal called {name}: it knows {_names(known)}.")


def recognise(known: Sequence[Portal], front: Unread, trust: Trust) -> tuple[str, minisign.PublicKey]:
    """Name and key of the portal that signed a bundle, pinned already or to be pinned now. Raises DeskError."""
    key = trust.key
    if key is None and not known:
        if trust.ask is None:
            raise Refused(
                "This desk knows no portal yet: give the key of the portal with --portal-key FILE "
                "(its operator has it as portal.pub)."
            )
        key = trust.ask()
    if key is None:
        key = _signer(front, [portal.key for portal in known])
    _signer(front, [key])
    for portal in known:
        if portal.key == key and trust.name in (None, portal.name):
            return portal.name, key
    if any(portal.key == key for portal in known):
        raise Refused(f"This desk knows this portal under another name: leave out --portal-name ({_names(known)}).")
    if known and (trust.name is None or any(portal.name == trust.name for portal in known)):
        raise Refused(
            "This desk has pinned another key, and nothing was imported: ask the portal's operator whether the key was "
            "really replaced, then `desk trust`; a second portal needs a name of its own, --portal-name NAME."
        )
    name = trust.name or FIRST_NAME
    check_name(name, "The name of a portal")
    return name, key


def pin(casebook: Casebook, name: str, key: minisign.PublicKey) -> Portal:
    """Trust this key from now on, and remember it; a portal that is pinned already stays as it is."""
    casebook.run("INSERT OR IGNORE INTO portals (name, key) VALUES (?, ?)", name, key.to_base64().decode())
    return find(casebook, name)


def read_key(path: Path) -> minisign.PublicKey:
    """The key of a portal's file portal.pub. Raises DeskError."""
    try:
        with path.open("rb") as file:
            return minisign.PublicKey.from_bytes(file.read(_KEY_FILE_BYTES))
    except OSError as error:
        raise DeskError(f"{path} cannot be read ({error.strerror}): give the file portal.pub of the portal.") from None
    except (minisign.Error, ValueError):
        raise DeskError(f"{path} is not a minisign public key: give the file portal.pub of the portal.") from None


def settle(casebook: Casebook, portal: Portal, manifest: Bundle) -> None:
    """Strike off what a bundle's manifest shows that the portal has: acknowledgements and replies."""
    casebook.run(
        "UPDATE portals SET confirmed = max(confirmed, ?), seen = max(seen, ?) WHERE id = ?",
        *(manifest.confirmed, manifest.counter, portal.id),
    )
    casebook.run("DELETE FROM arrivals WHERE portal = ? AND pack <= ?", portal.id, manifest.confirmed)
    for reply in manifest.taken:
        casebook.run(
            "UPDATE replies SET sealed = NULL WHERE id = ? AND case_id IN (SELECT id FROM cases WHERE portal = ?)",
            *(bytes.fromhex(reply), portal.id),
        )


def acknowledge(casebook: Casebook, portal: Portal, item: bytes, sha256: bytes) -> None:
    """Let the next packs say that this item is here. One that waits to be confirmed already goes on waiting."""
    casebook.run(
        "INSERT INTO arrivals (portal, item, sha256) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
        " pack = CASE sha256 WHEN excluded.sha256 THEN pack END, sha256 = excluded.sha256",
        *(portal.id, item, sha256),
    )


def imported(casebook: Casebook, portal: Portal, manifest: Bundle) -> None:
    """Remember that a bundle was imported whole."""
    casebook.run("UPDATE portals SET bundle = max(bundle, ?) WHERE id = ?", manifest.counter, portal.id)


def words(key: minisign.PublicKey) -> str:
    """A key's fingerprint for reading aloud."""
    return " ".join(bundle.fingerprint(key))


def _signer(front: Unread, keys: Sequence[minisign.PublicKey]) -> minisign.PublicKey:
    try:
        return front.verified(keys)
    except BundleError:
        pass
    if b'"portevoix/pack/1"' in front.data:
        raise Refused("This is a pack, which goes from a desk to the portal: give a bundle, which comes from there.")
    raise Refused(
        "The bundle is not signed by the portal whose key is known here, and nothing was imported: "
        "copy it again, and ask the portal's operator if that does not help."
    )


def _names(known: Sequence[Portal]) -> str:
    return ", ".join(portal.name for portal in known)


def _portal(row: int, name: str, key: str, *counters: int) -> Portal:
    return Portal(row, name, minisign.PublicKey.from_base64(key), *counters)
