"""What other processes do with a store: `python -m tests.store.child ACTION URL …`."""

import hashlib
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from portal.store import Store, lock_state, packs
from tests.store.helpers import MIB, answer, claim, identifier

SIZE = 64 * MIB
"""Bytes of the large item."""


def say_and_wait(word: str) -> None:
    print(word, flush=True)
    sys.stdin.readline()


def peak() -> int:
    """The largest memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def half(url: str) -> None:
    """Stops in the middle of an item."""

    def blocks() -> Iterator[bytes]:
        for number in range(SIZE // MIB):
            if number == SIZE // MIB // 2:
                say_and_wait("half")
            yield bytes(MIB)

    Store(url).add_item(identifier(1), ["police"], SIZE, blocks())


def whole(url: str) -> None:
    """Stops right after an item was added."""
    assert Store(url).add_item(identifier(1), ["police"], SIZE, (bytes(MIB) for _ in range(SIZE // MIB)))
    say_and_wait("whole")


def race(url: str) -> None:
    """Adds one item at the same moment as others."""
    store = Store(url)
    store.ping()
    say_and_wait("ready")
    print(store.add_item(identifier(1), ["police"], 1, [b"x"]), flush=True)


def memory(url: str) -> None:
    """Prints how much the memory grew over that for a text item."""
    store = Store(url)
    store.add_item(identifier(0), ["police"], 66_000, [bytes(66_000)])
    assert b"".join(store.read_item(identifier(0))) == bytes(66_000)
    store.apply_pack("police", 1, "2030-01-01", [claim(2)], [answer(1)], "2031-01")
    store.tend("2030-01")
    before = peak()
    blocks = (bytes([number]) * (MIB + 1) for number in range(SIZE // MIB))
    size = (MIB + 1) * (SIZE // MIB)
    assert store.add_item(identifier(1), ["police"], size, blocks)
    digest = hashlib.sha256()
    for piece in store.read_item(identifier(1)):
        digest.update(piece)
    store.tend("2030-01")
    assert store.apply_pack("police", 2, "2030-01-01", [(identifier(1), digest.digest())], [], "2031-01").deleted == 1
    store.close()
    print(peak() - before, flush=True)


def tend(url: str) -> None:
    """Tends without end."""
    store = Store(url)
    store.ping()
    while True:
        print("tending", flush=True)
        store.tend("2000-01")


def pack(url: str) -> None:
    """Acknowledges items 0 to 7, each of 4 MiB, with a reply; a transaction for each."""
    store = Store(url)
    claims = [claim(number, 4 * MIB) for number in range(8)]
    packs.READ_BYTES = packs.SWEEP_BYTES = MIB
    print("packing", flush=True)
    store.apply_pack("police", 1, "2030-01-01", claims, [answer(1)], "2031-01")


def lock(folder: str) -> None:
    """Holds a state folder."""
    with lock_state(Path(folder)):
        say_and_wait("held")


ACTIONS: dict[str, Callable[[str], None]] = {
    action.__name__: action for action in (half, whole, race, memory, tend, pack, lock)
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](sys.argv[2])
