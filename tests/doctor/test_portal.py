"""The checks of the portal itself, each on a good one and on a bad one."""

import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from portal import roster, state
from portal.doctor import database, keys, permissions, postgresql, serving
from portal.doctor.database import Waits
from portal.doctor.serving import Serving
from portal.errors import StoreError
from portal.settings import DeskInfo, Settings
from portal.store import Store, lock_state, sqlite_url, store
from portal.store.locking import LOCK_NAME
from tests import test_roster
from tests.doctor.planted import check, machine
from tests.postgres import Server
from tests.test_desks import write_desk

TODAY = date(2026, 11, 25)
SEALED = {f"/etc/portevoix/sealed/{name}": "" for name in permissions.SECRETS}


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """A state folder as `portal init` and a first start leave it."""
    folder = tmp_path / "state"
    state.create(folder)
    (folder / state.ONION_KEY).touch(0o600)
    return Settings(state=folder, keys=tmp_path / "keys", database=sqlite_url(folder / "portal.db"))


class TestPermissions:
    def test_as_made(self, chosen: Settings) -> None:
        write_desk(chosen.keys, "police")
        check(permissions.check_files(chosen), "ok")

    @pytest.mark.parametrize("name", ["", "receipt.secret", "portal.key", "portal.db"])
    def test_open_to_others(self, chosen: Settings, name: str) -> None:
        path = chosen.state / name
        path.touch(0o600)
        path.chmod(path.stat().st_mode | 0o040)
        found = permissions.check_files(chosen)
        check(found, "bad", f"{path} is open to other users")
        assert f"{path}`" in found.fix

    def test_keys_that_others_change(self, chosen: Settings) -> None:
        write_desk(chosen.keys, "police")
        (chosen.keys / "police.recipients").chmod(0o666)
        check(permissions.check_files(chosen), "bad", "police.recipients can be changed by other users")

    def test_settings(self, chosen: Settings) -> None:
        path = chosen.state / "portal.toml"
        path.touch(0o644)
        check(permissions.check_files(chosen), "ok")
        secret = msgspec.structs.replace(chosen, database="postgresql+psycopg://portal:secret@/portal")
        found = permissions.check_files(secret)
        check(found, "bad", "holds the database's password")
        assert "secret@" not in found.message + found.fix
        path.chmod(0o622)
        check(permissions.check_files(chosen), "bad", "portal.toml can be changed by other users")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
    def test_of_another_user(self, chosen: Settings) -> None:
        os.chown(chosen.state / "portal.key", 12345, -1)
        check(permissions.check_files(chosen), "bad", "portal.key belongs to another user")


class TestSecrets:
    def test_in_clear(self, chosen: Settings, tmp_path: Path) -> None:
        check(permissions.check_secrets(machine(tmp_path), chosen), "warn", "as they are")

    def test_sealed(self, chosen: Settings, tmp_path: Path) -> None:
        for name in permissions.SECRETS:
            (chosen.state / name).unlink()
        check(permissions.check_secrets(machine(tmp_path, SEALED), chosen), "ok", "sealed to this machine")

    def test_both(self, chosen: Settings, tmp_path: Path) -> None:
        found = permissions.check_secrets(machine(tmp_path, SEALED), chosen)
        check(found, "warn", "receipt.secret, session.secret, portal.key, onion.key is sealed, and lies")

    def test_missing(self, chosen: Settings, tmp_path: Path) -> None:
        (chosen.state / state.ONION_KEY).unlink()
        check(permissions.check_secrets(machine(tmp_path), chosen), "warn", "There is no onion.key yet")
        (chosen.state / state.RECEIPT_SECRET).unlink()
        found = permissions.check_secrets(machine(tmp_path), chosen)
        check(found, "bad", "receipt.secret, onion.key cannot be found")
        assert "`portal restore`" in found.fix


@contextmanager
def listening(path: Path) -> Iterator[None]:
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        yield


class TestServing:
    def test_looking(self, chosen: Settings) -> None:
        """Our own process is the portal here, seen through the real /proc."""
        path, here = chosen.state / "portal.sock", machine(Path("/"))
        assert serving.look(here, path, chosen.state) == Serving(None, None)
        with lock_state(chosen.state):
            assert serving.look(here, path, chosen.state) == Serving(None, os.getpid())
            with listening(path):
                assert serving.look(here, path, chosen.state) == Serving(os.getpid(), os.getpid())
        # The lock of a file that is there no more is none.
        with (chosen.state / LOCK_NAME).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            (chosen.state / LOCK_NAME).unlink()
            (chosen.state / LOCK_NAME).touch()
            assert serving.look(here, path, chosen.state).holder is None

    @pytest.mark.parametrize(
        ("found", "level", "says"),
        [
            (Serving(7, 7), "ok", "Process 7 serves"),
            (Serving(7, 0), "ok", "Process 7 serves"),
            (Serving(None, None), "warn", "No portal serves"),
            (Serving(None, 7), "bad", "does not answer"),
            (Serving(7, None), "bad", "does not hold the lock"),
            (Serving(7, 8), "bad", "Process 8 holds"),
        ],
    )
    def test_serving(self, chosen: Settings, found: Serving, level: str, says: str) -> None:
        check(serving.check(chosen, found), level, says)

    def test_several_may_serve_one_postgresql(self, chosen: Settings) -> None:
        elsewhere = msgspec.structs.replace(chosen, database="postgresql+psycopg:///portal")
        check(serving.check(elsewhere, Serving(7, None)), "ok")


class TestKeys:
    @pytest.fixture
    def listed(self, chosen: Settings) -> Settings:
        """The police's keys, with a roster that lists OLD until 10 December 2026 and NEW for a year."""
        write_desk(chosen.keys, "police", f"{test_roster.OLD}\n{test_roster.NEW}\n")
        test_roster.sign(chosen.keys, test_roster.HEAD.format(number=1) + test_roster.police(chosen.keys))
        key = test_roster.COORDINATION.public_key.to_base64().decode()
        return msgspec.structs.replace(chosen, coordination_key=key)

    def test_a_roster(self, listed: Settings) -> None:
        check(keys.check_roster(listed), "ok", "Roster 1 of 2026-11-25")
        (listed.keys / roster.FILE).write_text("changed")
        check(keys.check_roster(listed), "bad", "is not signed")

    def test_no_roster(self, chosen: Settings) -> None:
        found = keys.check_roster(chosen)
        check(found, "warn", "No roster is asked for")
        assert "`coordination_key`" in found.fix

    def test_in_their_time(self, listed: Settings) -> None:
        check(keys.check_desks(listed, ["police"], TODAY), "ok", "police")
        check(keys.check_desks(listed, ["police"], date(2027, 11, 15)), "warn", "police ends on 2027-12-01")

    def test_past_their_date(self, listed: Settings) -> None:
        check(keys.check_desks(listed, ["police"], date(2027, 12, 2)), "warn", "was to be used until 2027-12-01")
        check(keys.check_desks(listed, ["police"], date(2028, 2, 1)), "bad", "no files are taken")

    def test_not_on_the_roster(self, listed: Settings) -> None:
        (listed.keys / "police.recipients").write_text(f"{test_roster.OTHER}\n")
        check(keys.check_desks(listed, ["police"], TODAY), "bad", "line 1", "the desk police")

    def test_missing_ones_are_named(self, listed: Settings) -> None:
        check(keys.check_desks(listed, ["ecpat", "police"], TODAY), "bad", "ecpat.recipients is missing")

    def test_a_folder_that_was_emptied_and_one_that_is_elsewhere(self, listed: Settings) -> None:
        for path in listed.keys.iterdir():
            path.unlink()
        check(keys.check_desks(listed, ["police"], TODAY), "bad", "police.recipients is missing")
        listed.keys.rmdir()
        check(keys.check_desks(listed, ["police"], TODAY), "warn", "There is no keys folder")
        check(keys.check_roster(listed), "bad", "roster.toml is missing")

    def test_without_a_roster_the_file_tells_the_age(self, chosen: Settings) -> None:
        write_desk(chosen.keys, "police")
        day = datetime.now(UTC).date()
        check(keys.check_desks(chosen, ["police"], day + timedelta(days=300)), "ok")
        found = keys.check_desks(chosen, ["police"], day + timedelta(days=400))
        check(found, "warn", "has been here for", "the desk police")

    def test_session_secret(self, chosen: Settings) -> None:
        made = datetime.now(UTC).date()
        later = made + timedelta(days=400)
        check(keys.check_session_secret(chosen, made), "ok", "session.secret is 0 days old")
        found = keys.check_session_secret(chosen, later)
        check(found, "warn", "session.secret is 400 days old")
        assert "renew-session" in found.fix
        state.renew_session(chosen.state, later)
        check(keys.check_session_secret(chosen, later + timedelta(days=300)), "ok", "300 days old")
        check(keys.check_session_secret(chosen, later + timedelta(days=367)), "warn", "367 days old")
        (chosen.state / state.SESSION_SECRET).chmod(0o644)
        assert "secrets" in keys.check_session_secret(chosen, later).fix
        (chosen.state / state.SESSION_SECRET).unlink()
        found = keys.check_session_secret(chosen, later)
        check(found, "warn", "cannot be seen here")
        assert "portevoix doctor" in found.fix


class TestDatabase:
    def test_tables(self, chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        with closing(Store(chosen.database)) as made:
            check(database.check_schema(made), "bad")
            made.create()
            check(database.check_schema(made), "ok")
            monkeypatch.setattr(store, "SCHEMA_VERSION", "9999")
            found = database.check_schema(made)
            check(found, "bad", "version 0001, this portal needs 9999")
            assert "`portal migrate`" in found.fix

    def test_looking(self, chosen: Settings) -> None:
        with closing(Store(chosen.database)) as made:
            with pytest.raises(StoreError):
                database.look(made, ["police"])
            made.create()
            made.add_item(bytes(32), ["police"], 3, [b"abc"])
            made.apply_pack("ecpat", 1, "2026-11-20", [], [], "2027-11")
            assert database.look(made, ["police", "ecpat"]) == {
                "police": Waits(1, None),
                "ecpat": Waits(0, date(2026, 11, 20)),
            }

    @pytest.mark.parametrize(
        ("waits", "promised", "level", "says"),
        [
            (Waits(0, None), 3, "ok", "What waits: nothing"),
            (Waits(3, TODAY), 3, "ok", "What waits: 3 for police"),
            (Waits(1, None), None, "warn", "1 item waits for police, which has never collected"),
            (Waits(2, TODAY - timedelta(days=4)), 3, "bad", "2 items wait for police, which last collected 4 days ago"),
            (Waits(2, TODAY - timedelta(days=4)), None, "ok", ""),
            (Waits(2, TODAY - timedelta(days=8)), None, "warn", "8 days ago"),
            (Waits(0, TODAY - timedelta(days=8)), 3, "warn", "Nothing waits for police, which last collected 8 days"),
        ],
    )
    def test_waiting(self, chosen: Settings, waits: Waits, promised: int | None, level: str, says: str) -> None:
        desks = {"police": DeskInfo({"en": "Police"}, days_to_read=promised)}
        found = database.check_waiting(msgspec.structs.replace(chosen, desks=desks), {"police": waits}, TODAY)
        check(found, level, says)
        if level != "ok":
            assert "`portal export --desk police" in found.fix


GOOD_SERVER = {setting.name: setting.right[0] for setting in postgresql.SETTINGS}
ALL_RIGHTS = dict.fromkeys(postgresql.RIGHTS, True)


class TestPostgreSQL:
    def test_as_advised(self) -> None:
        check(postgresql.check(GOOD_SERVER, ALL_RIGHTS), "ok")

    @pytest.mark.parametrize("setting", postgresql.SETTINGS, ids=lambda setting: setting.name)
    def test_set_otherwise(self, setting: postgresql.Setting) -> None:
        found = postgresql.check({**GOOD_SERVER, setting.name: "5"}, ALL_RIGHTS)
        check(found, setting.level, f"{setting.name} is 5: {setting.harm}")
        assert f"`ALTER SYSTEM SET {setting.name} = '{setting.right[0]}'`" in found.fix

    @pytest.mark.parametrize("right", postgresql.RIGHTS)
    def test_a_right_that_is_not_granted(self, right: str) -> None:
        found = postgresql.check(GOOD_SERVER, {**ALL_RIGHTS, right: False})
        check(found, "warn", f"may not use {right}: {postgresql.RIGHTS[right][1]}")
        assert right in found.fix

    def test_the_rights_of_a_plain_user(self, postgres: Server) -> None:
        """As a distribution makes one, and then as the fixes say."""
        url = postgres.new_database()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE ROLE examined LOGIN")
            with closing(Store(url.replace("portal@", "examined@"))) as made:
                assert made.server_rights() == dict.fromkeys(ALL_RIGHTS, False)
                fixes = postgresql.check(GOOD_SERVER, made.server_rights()).fix
                grants = re.findall("`(GRANT [^`]+) TO USER`", fixes)
                assert len(grants) == len(ALL_RIGHTS)
                for grant in grants:
                    connection.execute(f"{grant} TO examined".encode())
                assert made.server_rights() == ALL_RIGHTS

    def test_a_server(self, postgres: Server, chosen: Settings) -> None:
        """That of the tests, which does without fsync."""
        with closing(Store(postgres.new_database())) as made:
            asked, rights = made.server_settings(), made.server_rights()
        assert asked.keys() >= GOOD_SERVER.keys()
        found = postgresql.check(asked, rights)
        check(found, "bad", "fsync is off: a power cut loses reports")
        assert "wal_recycle" not in found.message
        with closing(Store(chosen.database)) as made:
            assert made.server_settings() == made.server_rights() == {}


def test_the_coordinations_key_is_checked_as_well(chosen: Settings) -> None:
    wrong = msgspec.structs.replace(chosen, coordination_key="RWnonsense")
    check(keys.check_roster(wrong), "bad", "`coordination_key` is not a minisign public key")
