"""Processes that are killed in the middle: everything or nothing."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import Connection

from portal.store import Store, packs, sqlite_url
from tests.store.child import SIZE
from tests.store.helpers import MIB, add, answer, claim, content, identifier, ids, line, process

CLAIMS = [claim(number) for number in range(8)]


class Blow(Exception):
    pass


def kill(started: "subprocess.Popen[str]") -> None:
    """Kills a process and all that it started."""
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def test_killed_in_the_middle_of_an_item_leaves_nothing(store: Store, url: str) -> None:
    with process("half", url) as started:
        assert line(started) == "half"
        kill(started)
    assert not store.contains(identifier(1))
    assert ids(store) == []
    assert store.add_item(identifier(1), ["police"], 1, [b"x"]) is True
    assert b"".join(store.read_item(identifier(1))) == b"x"


def test_killed_right_after_an_item_leaves_everything(store: Store, url: str) -> None:
    with process("whole", url) as started:
        assert line(started) == "whole"
        kill(started)
    assert [(item.id, item.size) for item in store.waiting("police")] == [(identifier(1), SIZE)]
    assert sum(len(piece) for piece in store.read_item(identifier(1))) == SIZE


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2], ids=lambda delay: f"{delay}s")
def test_killed_while_tending_loses_nothing(store: Store, url: str, kind: str, path: Path, delay: float) -> None:
    for number in range(6):
        add(store, number, size=3 * MIB + number)
    with process("tend", url) as started:
        assert line(started) == "tending"
        time.sleep(delay)  # Not a wait for anything: the moment of the blow.
        kill(started)
    for number in range(6):
        assert b"".join(store.read_item(identifier(number))) == content(number, 3 * MIB + number)
    assert store.tend("2000-01").rewritten
    if kind == "sqlite":
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        assert {file.name for file in path.parent.iterdir()} <= {path.name, path.name + "-journal"}


def test_killed_in_a_pack_the_pack_is_applied_again(store: Store, url: str) -> None:
    for number in range(9):
        add(store, number, size=4 * MIB)
    with process("pack", url) as started:
        assert line(started) == "packing"
        while len(ids(store)) == 9:
            assert started.poll() is None
        kill(started)
    check_a_repeated_pack(store, 4 * MIB)


@pytest.mark.parametrize("transactions", range(1, 13))
def test_a_pack_that_ends_between_transactions_is_applied_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, transactions: int
) -> None:
    for number in range(9):
        add(store, number)
    with monkeypatch.context() as patch:
        patch.setattr(packs, "READ_BYTES", 2000)
        patch.setattr(packs, "SWEEP_BYTES", 2000)
        left = iter(range(transactions))
        write = store._write

        @contextmanager
        def stopping() -> Iterator[Connection]:
            if next(left, None) is None:
                raise Blow
            with write() as connection:
                yield connection

        patch.setattr(store, "_write", stopping)
        # 1 transaction looks for what is forgotten, 5 acknowledge, 5 sweep (the last finds nothing left), 1 delivers.
        with pytest.raises(Blow) if transactions < 12 else nullcontext():
            store.apply_pack("police", 1, "2030-01-01", CLAIMS, [answer(1)], "2031-01")
    check_a_repeated_pack(store, 1000)


def check_a_repeated_pack(store: Store, size: int) -> None:
    claims = [claim(number, size) for number in range(8)]
    store.apply_pack("police", 1, "2030-01-01", claims, [answer(1)], "2031-01")
    assert ids(store) == [identifier(8)]
    assert b"".join(store.read_item(identifier(8))) == content(8, size)
    assert not any(store.contains(identifier(number)) for number in range(8))
    assert store.taken("police") == [answer(1).id]
    assert len(store.replies(identifier(0))) == 1
    assert store.confirmed_pack("police") == 1


def test_what_a_killed_server_had_begun_to_write_is_taken_back(path: Path, sqlite_tables: Path) -> None:
    path.write_bytes(sqlite_tables.read_bytes())
    url = sqlite_url(path)
    before = path.stat().st_size
    with process("half", url) as started:
        assert line(started) == "half"
        kill(started)
    assert path.stat().st_size > before + SIZE // 4
    assert path.with_name(path.name + "-journal").stat().st_size > 0
    store = Store(url)
    assert not store.contains(identifier(1))
    store.close()
    assert path.stat().st_size == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
