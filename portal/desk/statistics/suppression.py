"""Which cells of a set of tables must be hidden so that no small number can be read, nor had back from the others.

Pure. Rules kept here:
- A cell under `THRESHOLD` is hidden, a zero too: what is hidden may be nothing at all.
- In no sum that is shown may the hidden parts add up to less than `THRESHOLD`, nor be a single one.
- For every hidden cell there are at least two values that fit everything that is shown (numbers of reports are whole
  and not negative). That is checked, and holds exactly, where no cell is part of more than two sums: the sums are then
  a network, another solution is a way around in it that no number under zero stops (Gusfield, "A graph theoretic
  approach to statistical data security", SIAM J. Comput. 17, 1988).
What has to be hidden beside the small cells is the smallest that helps.
"""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

THRESHOLD = 5
"""The smallest number of reports that is shown to the public (domain.md, "Statistics")."""

Cell = Hashable


class Sum(NamedTuple):
    """A cell that is the sum of others."""

    whole: Cell
    parts: tuple[Cell, ...]


@dataclass(frozen=True)
class Block:
    """Sums that hang together. `known` cells are shown elsewhere; `unseen` ones are in no table, and only link sums."""

    sums: Sequence[Sum]
    known: frozenset[Cell] = frozenset()
    unseen: frozenset[Cell] = frozenset()

    def cells(self) -> Iterator[Cell]:
        """Every cell that a table of this block has."""
        seen = dict.fromkeys(cell for each in self.sums for cell in (each.whole, *each.parts))
        return (cell for cell in seen if cell not in self.known and cell not in self.unseen)


def hide(block: Block, values: Mapping[Cell, int]) -> set[Cell]:
    """The cells of a block that must not be shown. `values` has all its cells, the unseen too."""
    hidden = {cell for cell in block.cells() if values[cell] < THRESHOLD}
    while (place := _leak(block, values, hidden)) is not None:
        more = [cell for cell in place if cell not in hidden and cell not in block.known | block.unseen]
        if not more:
            # Nothing nearby is left to hide; without this block nothing can leak from it.
            return set(block.cells())
        hidden.add(min(more, key=lambda cell: (values[cell], str(cell))))
    return hidden


def derivable(block: Block, values: Mapping[Cell, int], hidden: set[Cell]) -> list[Cell]:
    """The hidden cells that can have no other value than theirs."""
    network = _Network(block, values, hidden)
    return [cell for cell in block.cells() if cell in hidden and not network.is_open(cell)]


def _leak(block: Block, values: Mapping[Cell, int], hidden: set[Cell]) -> list[Cell] | None:
    """The cells of a sum that gives a hidden cell back, those to hide first at the front; None if there is none."""
    for each in block.sums:
        if each.whole in hidden or block.unseen.intersection(each.parts) or each.whole in block.unseen:
            continue
        missing = [part for part in each.parts if part in hidden]
        if missing and (len(missing) == 1 or sum(values[part] for part in missing) < THRESHOLD):
            shown = [part for part in each.parts if part not in hidden]
            return shown or [each.whole]
    for cell in derivable(block, values, hidden):
        return [
            other for each in block.sums if cell in (each.whole, *each.parts) for other in (each.whole, *each.parts)
        ]
    return None


_FREE = object()
"""The place at which a cell that is part of one sum only ends: nothing there must be balanced."""


@dataclass
class _Network:
    """Sums are places; a cell whose value is not known joins the two sums that it is in."""

    block: Block
    values: Mapping[Cell, int]
    hidden: set[Cell]
    _ends: dict[Cell, list[tuple[object, int]]] = field(init=False)
    _at: dict[object, list[tuple[Cell, int]]] = field(init=False)

    def __post_init__(self) -> None:
        self._ends, self._at = defaultdict(list), defaultdict(list)
        for number, each in enumerate(self.block.sums):
            for cell, sign in ((each.whole, 1), *((part, -1) for part in each.parts)):
                if cell in self.hidden or cell in self.block.unseen:
                    self._ends[cell].append((number, sign))
                    self._at[number].append((cell, sign))
        for cell, ends in self._ends.items():
            if len(ends) > 2:
                raise ValueError("a cell is part of more than two sums")
            if len(ends) == 1:
                ends.append((_FREE, 0))
                self._at[_FREE].append((cell, 0))

    def is_open(self, cell: Cell) -> bool:
        """Whether the cell could be one more, or one less, while everything that is shown stays as it is."""
        return any(self._moves(cell, change) for change in (1, -1) if change > 0 or self.values[cell] > 0)

    def _moves(self, cell: Cell, change: int) -> bool:
        """Whether others can make up for a change of `cell`: a way from one of its sums to the other."""
        (start, sign), (goal, goal_sign) = self._ends[cell]
        wanted = (goal, -change * goal_sign)
        todo = deque([(start, change * sign)])
        seen = set(todo)
        while todo:
            place, off = todo.popleft()
            if (place, off) == wanted or (place is goal and goal is _FREE):
                return True
            for other, here in self._at[place]:
                if other == cell:
                    continue
                for step in (1, -1) if place is _FREE else (-off * here,):
                    if step < 0 and self.values[other] == 0:
                        continue
                    state = self._across(other, place, step)
                    if state not in seen:
                        seen.add(state)
                        todo.append(state)
        return False

    def _across(self, cell: Cell, place: object, step: int) -> tuple[object, int]:
        """Where a change of `cell` that was made for the sake of `place` is felt next, and how much is off there."""
        first, second = self._ends[cell]
        end, sign = second if first[0] is place or first[0] == place else first
        return end, step * sign
