"""Nothing that is hidden can be had back: proved by trying every other number that could stand there."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.desk.statistics.suppression import THRESHOLD, Block, Cell, Sum, derivable, hide

N: Cell = ("all",)


def one_way(counts: list[int]) -> tuple[Block, dict[Cell, int]]:
    cells: list[Cell] = [("row", number) for number in range(len(counts))]
    values = dict(zip(cells, counts, strict=True))
    return Block([Sum(N, tuple(cells))], frozenset([N])), values | {N: sum(counts)}


def two_way(grid: list[list[int]]) -> tuple[Block, dict[Cell, int]]:
    rows, columns = range(len(grid)), range(len(grid[0]))
    values: dict[Cell, int] = {("cell", r, c): grid[r][c] for r, c in product(rows, columns)}
    values |= {("row", r): sum(grid[r]) for r in rows}
    values |= {("column", c): sum(line[c] for line in grid) for c in columns}
    sums = [Sum(N, tuple(("row", r) for r in rows)), Sum(N, tuple(("column", c) for c in columns))]
    sums += [Sum(("row", r), tuple(("cell", r, c) for c in columns)) for r in rows]
    sums += [Sum(("column", c), tuple(("cell", r, c) for r in rows)) for c in columns]
    return Block(sums, frozenset([N])), values | {N: sum(map(sum, grid))}


def grids(block: Block, values: Mapping[Cell, int], hidden: set[Cell], shape: tuple[int, int]) -> Iterator[list[int]]:
    """Every table of whole numbers that looks the same to the public."""
    rows, columns = shape
    total = values[N]

    def fits(numbers: list[int], whole: Cell) -> bool:
        return whole in hidden or sum(numbers) == values[whole]

    choices = [
        range(total + 1) if ("cell", r, c) in hidden else [values["cell", r, c]]
        for r, c in product(range(rows), range(columns))
    ]

    def fill(done: list[int]) -> Iterator[list[int]]:
        if sum(done) > total:
            return
        if done and len(done) % columns == 0:
            row = len(done) // columns - 1
            if not fits(done[-columns:], ("row", row)):
                return
        if len(done) == rows * columns:
            if sum(done) == total and all(fits(done[c::columns], ("column", c)) for c in range(columns)):
                yield done
            return
        for number in choices[len(done)]:
            yield from fill([*done, number])

    return fill([])


@given(st.lists(st.integers(0, 14), min_size=1, max_size=6).filter(lambda counts: sum(counts) >= THRESHOLD))
def test_one_dimension_gives_nothing_back(counts: list[int]) -> None:
    block, values = one_way(counts)
    hidden = hide(block, values)
    missing = [values[cell] for cell in hidden]
    assert all(values[cell] >= THRESHOLD for cell in values if cell not in hidden)
    assert len(missing) != 1
    assert not missing or sum(missing) >= THRESHOLD
    assert derivable(block, values, hidden) == []


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)).flatmap(
        lambda shape: st.lists(
            st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 6, 9]), min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )
)
def test_two_dimensions_give_nothing_back(grid: list[list[int]]) -> None:
    """By brute force: every hidden cell, and every hidden sum, takes at least two values."""
    block, values = two_way(grid)
    if not THRESHOLD <= values[N] <= 14:
        return
    hidden = hide(block, values)
    assert all(values[cell] >= THRESHOLD for cell in block.cells() if cell not in hidden)
    columns = len(grid[0])
    seen: dict[Cell, set[int]] = {cell: set() for cell in hidden}
    for numbers in grids(block, values, hidden, (len(grid), columns)):
        for cell, taken in seen.items():
            match cell:
                case ("cell", int(r), int(c)):
                    taken.add(numbers[r * columns + c])
                case ("row", int(r)):
                    taken.add(sum(numbers[r * columns : (r + 1) * columns]))
                case ("column", int(c)):
                    taken.add(sum(numbers[c::columns]))
        if all(len(taken) > 1 for taken in seen.values()):
            break
    assert all(len(taken) > 1 for taken in seen.values()), (grid, seen)


@pytest.mark.parametrize(
    ("grid", "hidden", "given_back"),
    [
        # One hidden cell: its row gives it back.
        ([[3, 9], [8, 7]], {("cell", 0, 0)}, {("cell", 0, 0)}),
        # Two in a row, but each alone in its column.
        ([[3, 9], [8, 7]], {("cell", 0, 0), ("cell", 0, 1)}, {("cell", 0, 0), ("cell", 0, 1)}),
        # A rectangle hides all its corners.
        ([[3, 9], [8, 7]], {("cell", r, c) for r in (0, 1) for c in (0, 1)}, set()),
        # A rectangle with a zero at both ends of a diagonal can go the other way only; it still can.
        ([[0, 9], [8, 0]], {("cell", r, c) for r in (0, 1) for c in (0, 1)}, set()),
        # All are zero: nothing can be less, and the sums allow nothing more.
        ([[0, 0], [0, 0], [9, 9]], {("cell", r, c) for r in (0, 1) for c in (0, 1)}, "all"),
    ],
)
def test_what_can_be_reckoned_is_found(grid: list[list[int]], hidden: set[Cell], given_back: set[Cell] | str) -> None:
    block, values = two_way(grid)
    expected = hidden if given_back == "all" else given_back
    assert set(derivable(block, values, hidden)) == expected


def test_a_cell_in_three_sums_is_refused() -> None:
    cell: Cell = ("x",)
    block = Block([Sum((n,), (cell, ("y", n))) for n in range(3)], frozenset((n,) for n in range(3)))
    values = {cell: 1, **{("y", n): 9 for n in range(3)}, **{(n,): 10 for n in range(3)}}
    with pytest.raises(ValueError, match="more than two"):
        derivable(block, values, {cell})


def test_what_is_known_elsewhere_is_never_hidden() -> None:
    block, values = one_way([2, 30])
    assert hide(block, values) == {("row", 0), ("row", 1)}
