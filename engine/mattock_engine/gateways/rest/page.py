"""Pages of lists: rows are counted from `offset`, or begin after a cursor; whether more follow is known by asking for
one row more. A cursor is a place in the order of the list, so a page costs the same however far back it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query

from ...core.error import invalid
from .cursor import cursor_of, place_of
from .model import Pagination

T = TypeVar("T")
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Rows to leave out.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Rows at most.")]

Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before; in place of `offset`.")]
Key = tuple[str | float, str]


def page_after(
    found: list[T], key: Callable[[T], Key], cursor: str | None, offset: int, limit: int, *, descending: bool = False
) -> tuple[list[T], Pagination]:
    """A page of rows that are all at hand: it begins after a cursor, or at an offset.

    Args:
        found: all rows, in any order.
        key: what they are ordered by, and an id, so that no two have the same.
        cursor: of the page before.
        offset: rows left out, without a cursor.
        limit: rows at most.
        descending: the greatest key comes first.

    Raises:
        Refused: INVALID_ARGUMENT: the cursor is none of this list's.
    """
    found = sorted(found, key=key, reverse=descending)
    if cursor:
        last: Key = place_of(cursor, tuple[str | float, str])
        try:
            found = [row for row in found if (key(row) < last if descending else key(row) > last)]
        except TypeError as error:
            raise invalid("cursor", "is none that this list has given") from error
        offset = 0
    rows, pagination = page_of(found[offset : offset + limit + 1], offset, limit)
    return rows, with_cursor(pagination, key(rows[-1]) if rows else None)


def with_cursor(pagination: Pagination, place: object) -> Pagination:
    """A page's place with the cursor of its last row, while more rows follow."""
    if pagination.next_page is not None:
        pagination.next_cursor = cursor_of(place)
    return pagination


def page_of(found: list[T], offset: int, limit: int) -> tuple[list[T], Pagination]:
    """The rows of a page and where it is.

    Args:
        found: up to `limit + 1` rows from `offset` on.
        offset: rows left out.
        limit: rows at most.
    """
    return found[:limit], pagination_of(offset, limit, len(found) > limit)


def pagination_of(offset: int, limit: int, more: bool, cursor: str | None = None) -> Pagination:
    """Where a page is, and whether more rows follow."""
    current = offset // limit + 1
    return Pagination(
        current_page=current,
        next_page=current + 1 if more else None,
        num_pages=current + 1 if more else current,
        next_cursor=cursor,
    )
