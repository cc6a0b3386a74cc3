"""Pages of lists: rows are counted from `offset`, and whether more follow is known by asking for one row more."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import Query

from .model import Pagination

T = TypeVar("T")
Offset = Annotated[int, Query(ge=0, description="Rows to leave out.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Rows at most.")]


def page_of(found: list[T], offset: int, limit: int) -> tuple[list[T], Pagination]:
    """The rows of a page and where it is.

    Args:
        found: up to `limit + 1` rows from `offset` on.
        offset: rows left out.
        limit: rows at most.
    """
    current = offset // limit + 1
    more = len(found) > limit
    pages = current + 1 if more else current
    return found[:limit], Pagination(current_page=current, next_page=current + 1 if more else None, num_pages=pages)
