"""What a process that runs still has in its memory of what was typed.

Python's `str` keeps a text with one, two or four bytes a letter, and buffers have it in UTF-8: all of these are looked
for. A text counts once, however often it is there, and only if it is whole.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SPELLINGS = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")


@dataclass(frozen=True)
class Remembered:
    """What `process` had in its memory at the moment `when`, of `texts` by their names."""

    process: str
    when: str
    texts: tuple[str, ...]
    there: frozenset[str]

    def of(self, kind: str) -> tuple[int, int]:
        """How many of the texts of a kind ("narrative 1", "narrative 2") were there, and how many there are."""
        named = [name for name in self.texts if re.fullmatch(rf"{kind} \d+", name)]
        return len(self.there.intersection(named)), len(named)

    def __str__(self) -> str:
        """In words: numbered texts are counted, the others named."""
        counted = [f"{found} of {most} {kind}s" for kind in ("narrative", "receipt") for found, most in [self.of(kind)]]
        others = sorted(name for name in self.there if not re.fullmatch(r"(narrative|receipt) \d+", name))
        return f"{', '.join([*counted, *others])} {self.when}"


def remember(process: str, when: str, pid: int, texts: Mapping[str, bytes], stem: bytes) -> Remembered:
    """Look through the memory of the process `pid` for `texts` (UTF-8), by name; most of them begin with `stem`."""
    there: set[str] = set()
    for data in memory(pid):
        there.update(_found(data, texts, stem.decode()))
    return Remembered(process, when, tuple(texts), frozenset(there))


def _found(data: bytes, texts: Mapping[str, bytes], stem: str) -> Iterator[str]:
    """The names of what `data` holds. Texts with a stem are compared where the stem is, which saves time."""
    with_stem = {name: text.decode() for name, text in texts.items() if text.decode().startswith(stem)}
    for spelling in SPELLINGS:
        needles = {text.encode(spelling): name for name, text in with_stem.items()}
        for size in {len(needle) for needle in needles}:
            for at in _places(data, stem.encode(spelling)):
                if name := needles.get(data[at : at + size]):
                    yield name
    for name in texts.keys() - with_stem.keys():
        if any(needle in data for needle in {texts[name].decode().encode(spelling) for spelling in SPELLINGS[:2]}):
            yield name


def _places(data: bytes, needle: bytes) -> Iterable[int]:
    return (found.start() for found in re.finditer(re.escape(needle), data))


def memory(pid: int) -> Iterator[bytes]:
    """All that a process has in its memory and no file has; as a core dump would hold it."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in lines:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \d+\s*(\S*)", line)
            if found and not found[3].startswith("/"):
                start, end = int(found[1], 16), int(found[2], 16)
                file.seek(start)
                # A thread may end meanwhile, and its stack with it.
                with contextlib.suppress(OSError):
                    yield file.read(end - start)
