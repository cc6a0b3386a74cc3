"""What tests ask a server again and again, and names that no other test uses."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from hatchet_sdk import V1TaskStatus

LOOK_EVERY = 0.02
LOOKS = 1500


def key() -> str:
    """A key that no other test uses."""
    return uuid.uuid4().hex[:8]


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What an awaited look gives once it gives something."""
    for _ in range(LOOKS):
        if found := await look():
            return found
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError("waited in vain")


async def ended(flows: Any, run_id: str) -> V1TaskStatus:
    """The status of a run once it has one that stays."""

    async def look() -> V1TaskStatus | None:
        status: V1TaskStatus = await flows.hatchet.runs.aio_get_status(run_id)
        return None if status in (V1TaskStatus.QUEUED, V1TaskStatus.RUNNING) else status

    found: V1TaskStatus = await until(look)
    return found
