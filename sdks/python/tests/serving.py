"""A worker in the test's own process, at a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mattock import Mattock, SoleTask, Workflow


@asynccontextmanager
async def serve(client: Mattock, *workflows: SoleTask[Any, Any] | Workflow[Any], **options: Any) -> AsyncIterator[None]:
    """Runs a worker of these workflows meanwhile; `options` are its own."""
    worker = client.worker("test", workflows=workflows, **options)
    serving = asyncio.create_task(worker.aio_start())
    await worker.aio_ready()
    try:
        yield
    finally:
        worker.stop()
        await serving
