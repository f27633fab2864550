"""Receiving authorities: to whom this desk refers cases, and what is sealed to them.

Functions here read and write the casebook's table `authorities`; a change opens a transaction of its own.
"""

from dataclasses import dataclass

from portal import report
from portal.age import HybridRecipient, Recipient, parse_recipient
from portal.desk.casebook import Casebook
from portal.desk.naming import check_name
from portal.desk.session import Desk
from portal.errors import DeskError, KeyFailure

TITLE_CHARACTERS = 200
"""The longest title of an authority."""
_AUTHORITIES = "SELECT name, title, police, recipient FROM authorities"


@dataclass(frozen=True)
class Authority:
    """One authority. Contact data of a reporter may go to it, with the recorded consent, if it is `police`."""

    name: str
    title: str
    police: bool
    recipient: str | None

    @property
    def key(self) -> Recipient:
        """What is sealed to it. Raises DeskError if no recipient is known."""
        if self.recipient is None:
            raise DeskError(
                f"No age recipient of {self.name} is known: ask for one, and add it with"
                f" `desk authority DIR add {self.name} --title … --recipient age1…`."
            )
        return parse_recipient(self.recipient)

    @property
    def is_post_quantum(self) -> bool:
        """Whether what is sealed to it stays closed to a quantum computer as well."""
        return self.recipient is not None and isinstance(parse_recipient(self.recipient), HybridRecipient)


def listed(casebook: Casebook) -> list[Authority]:
    """All authorities, by name."""
    return [_authority(*row) for row in casebook.all(f"{_AUTHORITIES} ORDER BY name")]


def find(casebook: Casebook, name: str) -> Authority:
    """The authority called `name`. Raises DeskError if there is none."""
    row = casebook.one(f"{_AUTHORITIES} WHERE name = ?", name)
    if not row:
        raise DeskError(
            f"No authority is called {name!a} here: `desk authority DIR list` shows all,"
            " `desk authority DIR add` adds one."
        )
    return _authority(*row)


def named(casebook: Casebook, name: str) -> Authority:
    """The authority called `name`; one that is not listed has no title and no recipient, and is not police.

    Raises DeskError if `name` is no name.
    """
    check_name(name, "The name of an authority")
    row = casebook.one(f"{_AUTHORITIES} WHERE name = ?", name)
    return _authority(*row) if row else Authority(name, name, police=False, recipient=None)


def the_one_with_recipient(casebook: Casebook) -> Authority:
    """The only authority whose recipient is known. Raises DeskError if there are none or several."""
    known = [authority for authority in listed(casebook) if authority.recipient]
    if len(known) == 1:
        return known[0]
    if known:
        names = ", ".join(authority.name for authority in known)
        raise DeskError(f"Several authorities have a recipient: say which with --to ({names}).")
    raise DeskError(
        "No authority with an age recipient is known here: add one with"
        " `desk authority DIR add NAME --title … --recipient age1…`."
    )


def add(desk: Desk, name: str, title: str, *, police: bool = False, recipient: str | None = None) -> Authority:
    """Add an authority, or change the one of that name. Raises DeskError if a part of it is wrong."""
    check_name(name, "The name of an authority")
    title = " ".join(report.clean_text(title).split())
    if not title or len(title) > TITLE_CHARACTERS:
        raise DeskError(f"The title of an authority has 1 to {TITLE_CHARACTERS} characters: write what it is called.")
    if recipient is not None:
        try:
            parse_recipient(recipient)
        except KeyFailure:
            raise DeskError(
                "The recipient is not one of age: it begins with age1, and stands in one line; copy it again."
            ) from None
    with desk.casebook.transaction():
        desk.casebook.run(
            "INSERT INTO authorities (name, title, police, recipient) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " title = excluded.title, police = excluded.police, recipient = excluded.recipient",
            *(name, title, police, recipient),
        )
        desk.record("settings-changed", key=f"authority {name}", title=title, police=police, recipient=recipient or "")
    return find(desk.casebook, name)


def remove(desk: Desk, name: str) -> None:
    """Forget an authority; what was referred to it stays in the cases. Raises DeskError if there is none."""
    find(desk.casebook, name)
    with desk.casebook.transaction():
        desk.casebook.run("DELETE FROM authorities WHERE name = ?", name)
        desk.record("settings-changed", key=f"authority {name}", removed=True)


def _authority(name: str, title: str, police: int, recipient: str | None) -> Authority:
    return Authority(name, title, bool(police), recipient)
