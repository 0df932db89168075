"""Things that overlap stand side by side: which column of how many each of them has."""

from collections.abc import Sequence

from bookings.admin.week.span import Span

Column = tuple[int, int]
# What is shorter is drawn as if it took so long, or it could not be read.
SHORTEST_MINUTES = 15


def columns_of(spans: Sequence[Span]) -> list[Column]:
    """For each of them, in order of their tops, its column from 0 and how many there are beside each other there."""
    placed: list[Column] = []
    group: list[int] = []  # The columns of those that hang together by overlaps.
    free_from: list[int] = []  # By column: where it is free again.
    for span in spans:
        if free_from and span.top >= max(free_from):
            placed += [(column, len(free_from)) for column in group]
            group, free_from = [], []
        column = next((index for index, free in enumerate(free_from) if free <= span.top), len(free_from))
        free_from[column : column + 1] = [max(span.bottom, span.top + SHORTEST_MINUTES)]
        group.append(column)
    return placed + [(column, len(free_from)) for column in group]
