"""All checks, in the order in which they are shown; one that cannot be made does not keep the others from it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from portal import server
from portal.channels import load
from portal.doctor import (
    backups,
    clock,
    database,
    disk,
    dumps,
    journal,
    keys,
    onion,
    permissions,
    postgresql,
    serving,
    swap,
    units,
)
from portal.doctor.finding import Finding, warn
from portal.doctor.machine import Machine
from portal.errors import PortevoixError, SettingsError
from portal.settings import Settings
from portal.store import Store
from tor import Limits

INSTALLED_SOCKET = "/run/portevoix/portal.sock"


@dataclass(frozen=True)
class Subject:
    """What is examined: a portal, and the machine that it is on. `socket` is where it listens if that is unusual."""

    settings: Settings
    socket: Path | None = None
    backups: Path = backups.FOLDER
    machine: Machine = field(default_factory=Machine)
    limits: Limits = field(default_factory=Limits)


def examine(subject: Subject, now: datetime | None = None) -> list[Finding]:
    """Make every check. Raises nothing for what it finds."""
    return list(_Examination(subject, now or datetime.now(UTC)).findings())


class _Examination:
    def __init__(self, subject: Subject, now: datetime) -> None:
        self._settings, self._machine = subject.settings, subject.machine
        self._subject = subject
        self._now, self._today = now, now.date()

    def findings(self) -> Iterator[Finding]:
        chosen, machine, today = self._settings, self._machine, self._today
        found = serving.look(machine, self._socket(), chosen.state)
        with contextlib.closing(Store(chosen.database)) as store, onion.ask(chosen, self._subject.limits) as tor:
            waits = self._waits(store)
            consensus = tor.facts.consensus if tor.facts else None
            yield _made(clock.CHECK, lambda: clock.check(machine, self._now, self._known(waits), consensus))
            yield _made(disk.CHECK, lambda: disk.check(chosen, disk.room(chosen.state), self._database_bytes()))
            yield _made("permissions", lambda: permissions.check_files(chosen))
            yield _made("secrets", lambda: permissions.check_secrets(machine, chosen))
            yield _made(swap.CHECK, lambda: swap.check(machine))
            yield _made(dumps.CHECK, lambda: dumps.check(machine, found.listener))
            yield _made(journal.CHECK, lambda: journal.check(machine))
            yield _made(units.CHECK, lambda: units.check(machine))
            yield _made(backups.CHECK, lambda: backups.check(self._subject.backups, today))
            yield _made("database", lambda: database.check_schema(store))
            if not chosen.database.startswith("sqlite"):
                yield _made(postgresql.CHECK, lambda: postgresql.check(store.server_settings(), store.server_rights()))
            yield _made(serving.CHECK, lambda: serving.check(chosen, found))
            yield _made("tor version", lambda: onion.check_version(machine, tor))
            yield _made("tor proof of work", lambda: onion.check_work(machine, chosen, tor))
            serves = found.listener is not None
            yield _made("onion address", lambda: onion.check_reachable(chosen, tor, serves, self._subject.limits))
            yield _made("roster", lambda: keys.check_roster(chosen))
            yield _made("keys", lambda: keys.check_desks(chosen, self._names(), today))
            yield _made("session secret", lambda: keys.check_session_secret(chosen, today))
            yield _made("waiting", lambda: database.check_waiting(chosen, database.look(store, self._names()), today))

    def _socket(self) -> Path:
        if self._subject.socket:
            return self._subject.socket
        usual, installed = self._settings.state / server.SOCKET, self._machine.path(INSTALLED_SOCKET)
        return installed if installed.exists() and not usual.exists() else usual

    def _names(self) -> list[str]:
        """The desks that some channel goes to. Raises SettingsError, ChannelError."""
        routing = server.routes(self._settings, load(self._settings.channel_folder))
        names = {desk for desks in routing.desks.values() for desk in desks}
        return sorted(names | ({routing.fallback} if routing.fallback else set()))

    def _waits(self, store: Store) -> dict[str, database.Waits]:
        try:
            return database.look(store, list(self._settings.desks))
        except PortevoixError:
            return {}

    def _known(self, waits: dict[str, database.Waits]) -> Iterator[date]:
        """Days that have been."""
        yield from (desk.collected for desk in waits.values() if desk.collected)
        with contextlib.suppress(SettingsError):
            if listed := keys.read_roster(self._settings):
                yield listed.day

    def _database_bytes(self) -> int:
        url = make_url(self._settings.database)
        # Only its size is asked: SQLite's file must not be opened beside SQLite.
        return Path(url.database or "").stat().st_size if url.drivername == "sqlite" else 0


def _made(check: str, make: Callable[[], Finding]) -> Finding:
    """The finding of a check, or that it could not be made."""
    try:
        return make()
    except PortevoixError as error:
        return warn(check, f"This could not be looked at: {error}", "Mend that first, then `portal doctor` again.")
    except OSError as error:
        return warn(
            check,
            f"This could not be looked at: {error.filename or 'a file'}: {error.strerror}.",
            "Ask as root, or with the portal's rights: `portevoix doctor`.",
        )
