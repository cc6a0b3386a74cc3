"""Rate limits: list, put, drop."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from ...core.command import DropRateLimit, PutRateLimit
from ...core.error import invalid
from ...core.limit import WINDOWS
from ...core.registration import check_rate_limit
from . import model
from .context import Caller, Here, Id
from .page import Cursor, Limit, Offset, page_after

router = APIRouter(prefix="/api/v1", tags=["rate limits"])


@router.get("/tenants/{tenant}/rate-limits")
async def list_rate_limits(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    search: str = "",
    order_by_field: Annotated[Literal["key", "value", "limitValue"], Query(alias="orderByField")] = "key",
    order_by_direction: Annotated[Literal["asc", "desc"], Query(alias="orderByDirection")] = "asc",
    cursor: Cursor = None,
) -> model.RateLimitList:
    """Lists rate limits, with what is left of each now."""
    records = await here.store.read("rate_limits", caller.tenant_id, search)
    now = time.time()
    found = [_rate_limit(caller.tenant_id, record, now) for record in records]
    field = {"key": "key", "value": "value", "limitValue": "limit_value"}[order_by_field]

    def key(row: model.RateLimit) -> tuple[str | float, str]:
        return getattr(row, field), row.key

    rows, pagination = page_after(found, key, cursor, offset, limit, descending=order_by_direction == "desc")
    return model.RateLimitList(rows=rows, pagination=pagination)


@router.put("/tenants/{tenant}/rate-limits", status_code=204, response_class=Response)
async def put_rate_limit(here: Here, caller: Caller, tenant: Id, body: model.RateLimitRequest) -> Response:
    """Declares a rate limit, or changes it."""
    window = WINDOWS.get(body.duration.upper())
    if window is None:
        raise invalid("duration", f"{body.duration!r} is unknown; expected one of {', '.join(WINDOWS)}")
    await here.engine.call(caller.tenant_id, check_rate_limit(PutRateLimit(body.key, body.limit, window)))
    return Response(status_code=204)


@router.delete("/tenants/{tenant}/rate-limits", status_code=204, response_class=Response)
async def drop_rate_limit(here: Here, caller: Caller, tenant: Id, key: str) -> Response:
    """Forgets a rate limit; refused while tasks wait for it."""
    await here.engine.call(caller.tenant_id, DropRateLimit(key))
    return Response(status_code=204)


def _rate_limit(tenant_id: str, record: Any, now: float) -> model.RateLimit:
    window, began_at = record["window_seconds"], record["began_at"]
    over = now >= began_at + window
    name = next((f"1 {name.lower()}" for name, seconds in WINDOWS.items() if seconds == window), f"{window:g} seconds")
    return model.RateLimit(
        key=record["key"],
        tenant_id=tenant_id,
        limit_value=record["limit_value"],
        value=record["limit_value"] if over else record["value"],
        window=name,
        last_refill=model.moment(began_at or now),
        paused_until=model.moment_or_none(record["paused_until"]),
    )
