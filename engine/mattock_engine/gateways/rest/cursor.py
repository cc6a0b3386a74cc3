"""Cursors: where a page ended, as text that only this API reads."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from fastapi import Query

from ...core.error import invalid
from ..selection import Place

T = TypeVar("T")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Cursor = Annotated[str | None, Query(description="`nextCursor` of the page before.")]


def cursor_of(place: object) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(cursor: str, kind: type[T]) -> T:
    """The place that a cursor names.

    Raises:
        Refused: INVALID_ARGUMENT; it is none of ours.
    """
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(data, type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise invalid("cursor", f"{cursor[:60]!r} is none that this list has given") from error


def after_row(cursor: str | None) -> Place | tuple[None, None]:
    """The time and the id of the row at which a page ended; None twice without a cursor.

    Raises:
        Refused: INVALID_ARGUMENT; it is none of ours.
    """
    if not cursor:
        return None, None
    at, row_id = place_of(cursor, tuple[Moment, UUID])
    return at, str(row_id)
