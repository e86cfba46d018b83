"""Where the factors of a causal graph stand: causes left of their effects, each in a column of its own depth, edges with a lane of their own.

Source of the method: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system structures", 1981: layers by the
longest way, stand-ins where an edge passes a layer, order by the mean place of the neighbours, kept where fewest edges cross.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LANE = 0.4  # height of a lane that an edge passes a column by, where a factor's is 1
SWEEPS = 8

Edge = tuple[str, str]
Item = str | tuple[str, str, int]  # a factor, or where an edge passes a column
Place = tuple[int, float]  # column from the left, height from the top in rows


@dataclass(frozen=True)
class Layout:
    """Places of the factors that an edge touches, and where edges pass the columns between; the others stand alone."""

    columns: int
    rows: float
    places: Mapping[str, Place]
    passing: Mapping[Edge, tuple[Place, ...]]
    alone: tuple[str, ...]


def layout(names: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Return where factors stand; the same graph is laid out the same way each time.

    Args:
        names: The factors, causes before effects.
        edges: Cause and effect of each edge; the graph has no cycle.
    """
    joined = [name for name in names if any(name in edge for edge in edges)]
    depth: dict[str, int] = {}
    for name in joined:
        depth[name] = max((depth[source] + 1 for source, target in edges if target == name), default=0)
    columns: list[list[Item]] = [[name for name in joined if depth[name] == level] for level in range(max(depth.values(), default=-1) + 1)]
    links: list[tuple[Item, Item]] = []
    for source, target in edges:
        between: list[Item] = [(source, target, level) for level in range(depth[source] + 1, depth[target])]
        for item, level in zip(between, range(depth[source] + 1, depth[target]), strict=True):
            columns[level].append(item)
        way = [source, *between, target]
        links += itertools.pairwise(way)
    columns = _untangled(columns, links)
    rows = max((_height(column) for column in columns), default=0.0)
    at = {item: (level, top) for level, column in enumerate(columns) for item, top in _stacked(column, rows)}
    passing = {(source, target): tuple(at[source, target, level] for level in range(depth[source] + 1, depth[target])) for source, target in edges}
    return Layout(len(columns), rows, {name: at[name] for name in joined}, passing, tuple(name for name in names if name not in depth))


def _untangled(columns: list[list[Item]], links: Sequence[tuple[Item, Item]]) -> list[list[Item]]:
    """Return the columns in the order, of some that are tried, in which fewest edges cross."""
    best, fewest = columns, _crossings(columns, links)
    for sweep in range(SWEEPS):
        columns = _swept(columns, links, forward=sweep % 2 == 0)
        if (count := _crossings(columns, links)) < fewest:
            best, fewest = columns, count
    return best


def _swept(columns: list[list[Item]], links: Sequence[tuple[Item, Item]], *, forward: bool) -> list[list[Item]]:
    """Return the columns, each put in the order of its neighbours' mean place in the column before (or behind) it."""
    columns = list(columns)
    for level in range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1):
        near = columns[level - 1 if forward else level + 1]
        place = {item: (i + 0.5) / len(near) for i, item in enumerate(near)}
        ends = [(b, a) if forward else (a, b) for a, b in links]
        mean = {}
        for i, item in enumerate(columns[level]):
            found = [place[other] for one, other in ends if one == item and other in place]
            mean[item] = sum(found) / len(found) if found else (i + 0.5) / len(columns[level])
        columns[level] = sorted(columns[level], key=mean.__getitem__)
    return columns


def _crossings(columns: Sequence[Sequence[Item]], links: Sequence[tuple[Item, Item]]) -> int:
    count = 0
    for left, right in itertools.pairwise(columns):
        begin, end = {item: i for i, item in enumerate(left)}, {item: i for i, item in enumerate(right)}
        here = [(begin[a], end[b]) for a, b in links if a in begin and b in end]
        count += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(here) for c, d in here[:i])
    return count


def _height(column: Sequence[Item]) -> float:
    return sum(1.0 if isinstance(item, str) else LANE for item in column)


def _stacked(column: Sequence[Item], rows: float) -> list[tuple[Item, float]]:
    """Return the middle of each item of a column that stands in the middle of all rows."""
    top = (rows - _height(column)) / 2
    found = []
    for item in column:
        height = 1.0 if isinstance(item, str) else LANE
        found.append((item, round(top + height / 2, 3)))
        top += height
    return found
