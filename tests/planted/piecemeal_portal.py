"""`dying_portal`, doing in two transactions what has to be one: a new item's row comes before its chunks, and a pack's
counter before what the pack asks for.

`python -m tests.planted.piecemeal_portal FILE COMMAND …`
"""

import sys
from collections.abc import Iterable, Mapping, Sequence

from portal.store import NewReply, PackResult, Store, packs
from portal.store.places import chunk_place, cut
from portal.store.schema import chunk, collected, waiting
from tests.planted import dying_portal


def _add_item(self: Store, item_id: bytes, desks: Sequence[str], size: int, blocks: Iterable[bytes]) -> bool:
    with self._write() as connection:
        place = self._add_row(connection, item_id, size)
        if place is None:
            return False
        connection.execute(waiting.insert(), [{"item_id": item_id, "desk": desk} for desk in desks])
    with self._write() as connection:
        for number, data in enumerate(cut(blocks)):
            connection.execute(chunk.insert(), {"place": chunk_place(place, number), "data": data})
    return True


_run = packs.Application.run


def _apply(
    self: packs.Application, day: str, claims: Mapping[bytes, set[bytes]], replies: Iterable[NewReply], month: str
) -> PackResult:
    with self.write() as connection:
        new = self.backend.insert(collected).values(desk=self.desk, day=day, pack_counter=self.counter)
        changed = {"pack_counter": self.counter, "day": day}
        connection.execute(new.on_conflict_do_update(index_elements=[collected.c.desk], set_=changed))
    # The rest does as if the counter were not noted.
    packs.Application._is_new = lambda *_: True  # type: ignore[method-assign]
    return _run(self, day, claims, replies, month)


def main() -> int:
    """Plant the faults, then run the program."""
    Store.add_item = _add_item  # type: ignore[method-assign]
    packs.Application.run = _apply  # type: ignore[method-assign]
    return dying_portal.main()


if __name__ == "__main__":
    sys.exit(main())
