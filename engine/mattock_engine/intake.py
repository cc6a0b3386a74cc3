"""Runs that users enqueued in transactions of their own: from the table into the tenant's state machine.

`mattock.enqueue` (the SQL function) writes a row and notifies; both count only once the user's transaction commits. The
tenant's owner triggers the rows, and deletes each in the transaction in which its run is inserted: so a run exists
exactly if its transaction was committed, and once. A notification is a hint: the owner also looks by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from .core.command import EnqueuedRow, Trigger, TriggerItem
from .core.error import Refused
from .core.submission import check_item
from .store import Store, StoreError

if TYPE_CHECKING:
    from .engine import Engine

logger = logging.getLogger(__name__)

NOTICE = "enqueued "
# Rows of one command, and seconds between two looks without a notification.
BATCH = 500
LOOK_EVERY = 5.0


class Intake:
    """Takes what was enqueued for the tenants that this replica owns.

    Args:
        engine: of this replica.
        store: where the rows stand.
        limit: bytes of an input or metadata.
    """

    def __init__(self, engine: Engine, store: Store, limit: int) -> None:
        self._engine = engine
        self._store = store
        self._limit = limit
        self._noticed: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Looks from now on."""
        self._task = asyncio.create_task(self._run(), name="mattock-intake")

    async def stop(self) -> None:
        """Looks no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def on_notice(self, text: str) -> None:
        """A notification of the store."""
        if text.startswith(NOTICE):
            self._noticed.add(text.removeprefix(NOTICE))
            self._wake.set()

    def on_gap(self) -> None:
        """Notifications may have been missed."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY)
            self._wake.clear()
            noticed, self._noticed = self._noticed, set()
            try:
                tenants = noticed or await self._store.loader.tenants_with_enqueued()
                for tenant_id in tenants:
                    await self._drain(tenant_id)
            except (StoreError, Refused) as error:
                logger.warning("taking what was enqueued failed, trying again: %s", error)

    async def _drain(self, tenant_id: str) -> None:
        """Triggers all that is there; each batch is committed before the next one is read."""
        while self._engine.owns(tenant_id):
            rows = await self._store.loader.enqueued(tenant_id, BATCH)
            if not rows:
                return
            await self._engine.call(tenant_id, self._command(rows))
            if len(rows) < BATCH:
                return

    def _command(self, rows: list[EnqueuedRow]) -> Trigger:
        items: list[TriggerItem] = []
        places: list[int] = []
        problems: list[tuple[int, str]] = []
        for row in rows:
            item = TriggerItem(row.run_id, row.workflow, row.input, row.metadata, row.priority, again=True)
            try:
                check_item(item, self._limit)
            except Refused as refused:
                problems.append((row.place, refused.message))
                continue
            items.append(item)
            places.append(row.place)
        return Trigger(items, enqueued=places, problems=problems)
