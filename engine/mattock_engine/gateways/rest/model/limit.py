"""Rate limits."""

from __future__ import annotations

from datetime import datetime

from .base import Body, Pagination


class RateLimit(Body):
    """A rate limit, with what is left of it."""

    key: str
    tenant_id: str
    limit_value: int
    value: int
    # `1 minute`
    window: str
    last_refill: datetime
    paused_until: datetime | None = None


class RateLimitList(Body):
    """A page of rate limits."""

    rows: list[RateLimit]
    pagination: Pagination


class RateLimitRequest(Body):
    """A rate limit to declare or change; `duration` is the length of its window: SECOND to YEAR."""

    key: str
    limit: int
    duration: str = "SECOND"
