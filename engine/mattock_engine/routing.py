"""Routing: a command finds the owner of its tenant, also while the ownership moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from .core.command import Command, Trigger
from .core.error import Code, Refused
from .decider import PATIENCE, UNAVAILABLE, Decider, Entry
from .ownership import Ownership
from .peer.client import Links

# Seconds between two looks for the owner while there is none.
_RETRY_EVERY = 0.1


class Route:
    """Sends commands to where they are decided."""

    def __init__(self, decider: Decider, links: Links, ownership: Ownership) -> None:
        self._decider = decider
        self._links = links
        self._ownership = ownership
        self._loop = asyncio.get_running_loop()
        self._pending: set[asyncio.Task[None]] = set()
        decider.hand_on = self._hand_on

    def call(self, tenant_id: str, command: Command, convert: Callable[[Any], Any] | None) -> asyncio.Future[Any]:
        """Sends a command; the future gets the converted reply."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._decider.holds(tenant_id):
            self._decider.submit(tenant_id, command, future, convert)
            return future
        self._ask_owner(tenant_id, command, convert, future)
        return future

    def _ask_owner(
        self,
        tenant_id: str,
        command: Command,
        convert: Callable[[Any], Any] | None,
        future: asyncio.Future[Any],
    ) -> None:
        task = self._loop.create_task(self._call_owner(tenant_id, command, convert, future))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    def _hand_on(self, tenant_id: str, entry: Entry) -> None:
        """The decider has lost the tenant: its next owner is asked."""
        if entry.future is not None:
            self._ask_owner(tenant_id, entry.command, entry.convert, entry.future)

    def stop(self) -> None:
        """Asks nobody any more: what waits for an owner is refused. Harmless twice."""
        for task in list(self._pending):
            task.cancel()

    async def _call_owner(
        self, tenant_id: str, command: Command, convert: Callable[[Any], Any] | None, future: asyncio.Future[Any]
    ) -> None:
        """Asks the owner, the next one if it is gone, for as long as patience lasts."""
        deadline = time.monotonic() + PATIENCE
        try:
            await self._keep_asking(tenant_id, command, convert, future, deadline)
        except asyncio.CancelledError:
            _set_exception(future, UNAVAILABLE)
            raise

    async def _keep_asking(
        self,
        tenant_id: str,
        command: Command,
        convert: Callable[[Any], Any] | None,
        future: asyncio.Future[Any],
        deadline: float,
    ) -> None:
        while not future.done():
            reply: asyncio.Future[Any]
            if self._decider.holds(tenant_id):
                reply = self._loop.create_future()
                self._decider.submit(tenant_id, command, reply)
            else:
                address = await self._ownership.owner_address(tenant_id)
                if address is None:
                    if time.monotonic() > deadline:
                        _set_exception(future, UNAVAILABLE)
                        return
                    await asyncio.sleep(_RETRY_EVERY)
                    continue
                reply = self._links.call(address, tenant_id, command)
            try:
                value = await reply
                if not future.done():
                    future.set_result(value if convert is None else convert(value))
            except Refused as refused:
                if refused.code == Code.UNAVAILABLE and time.monotonic() < deadline:
                    _mark_repeated(command)
                    self._ownership.forget(tenant_id)
                    await asyncio.sleep(_RETRY_EVERY)
                    continue
                _set_exception(future, refused)
            except Exception as error:
                _set_exception(future, error)


def _set_exception(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _mark_repeated(command: Command) -> None:
    """The owner may have committed it before it went away."""
    if isinstance(command, Trigger):
        for item in command.items:
            item.again = True
