"""The filled store is one that the portal's own code reads, and every act is measured at every size."""

from pathlib import Path

import pytest

from portal.store import Store, sqlite_url
from tests.bench import scale


def test_a_filled_store_is_whole(tmp_path: Path) -> None:
    store = scale._filled(_store(tmp_path), 25)
    waiting = store.waiting(scale.DESK)
    assert [one.id for one in waiting] == sorted(map(scale.identifier, range(25)))
    assert all(sum(map(len, store.read_item(one.id))) == one.size for one in waiting)
    assert all(len(store.replies(one.id)) == 1 for one in waiting)
    store.close()


def test_each_act_stands_beside_the_same_in_the_smallest_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for times in ("FILINGS", "VISITS", "EXPORTS"):
        monkeypatch.setattr(scale, times, 2)
    found = scale.figures("SQLite", lambda size: sqlite_url(tmp_path / str(size)), sizes=(20, 25))
    acts = ("filing", "mailbox", "export, an item")
    assert [figure.name for figure in found] == [f"SQLite, {act}, 25 items" for act in acts]
    assert all(figure.floor and figure.bound == scale.MOST for figure in found)


def _store(folder: Path) -> Store:
    return Store(sqlite_url(folder / "portal.db"))
