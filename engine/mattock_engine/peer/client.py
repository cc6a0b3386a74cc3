"""The caller's end of the links: sends commands to the owners of their tenants."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ..core.command import Command, Undelivered
from ..core.error import Code, Refused
from ..core.message import Message, attempts_of
from .frame import REPLY_TYPES, Call, FrameConnection, Hello, Item, Messages, Rebuilt, Refuse, Reply

logger = logging.getLogger(__name__)


class Links:
    """Links to other replicas, opened when they are first needed.

    Args:
        replica_id: this replica.
        deliver: hands messages to a session of this replica; False if it is gone.
        moved: called with a tenant id when its owner, or the link to it, has changed.
    """

    def __init__(
        self,
        replica_id: str,
        deliver: Callable[[str, Sequence[Message]], bool],
        moved: Callable[[str], None],
    ) -> None:
        self._replica_id = replica_id
        self._deliver = deliver
        self._moved = moved
        self._secret = ""
        self.tls: ssl.SSLContext | None = None
        self._links: dict[str, _Link] = {}

    def start(self, secret: str, tls: ssl.SSLContext | None = None) -> None:
        """Sets the secret of the cluster, and TLS for the links."""
        self._secret = secret
        self.tls = tls

    def stop(self) -> None:
        """Ends all links."""
        for link in list(self._links.values()):
            link.close()

    def call(self, address: str, tenant_id: str, command: Command) -> asyncio.Future[Any]:
        """Sends a command to the replica at `address`. Raises `Refused` UNAVAILABLE if it is gone."""
        link = self._links.get(address)
        if link is None:
            link = self._links[address] = _Link(self, address)
        return link.call(tenant_id, command)

    def closed(self, link: _Link) -> None:
        """A link has ended: what its tenants' sessions wanted is forgotten over there."""
        if self._links.get(link.address) is link:
            del self._links[link.address]
        for tenant_id in link.tenant_ids:
            self._moved(tenant_id)

    def hello(self) -> Hello:
        """What this replica says first."""
        return Hello(self._secret, self._replica_id)

    def take_items(self, link: _Link, items: list[Item]) -> None:
        """Messages and news from an owner."""
        for item in items:
            if isinstance(item, Messages):
                if not self._deliver(item.session, item.messages):
                    _return_assignments(link, item)
            elif isinstance(item, Rebuilt):
                self._moved(item.tenant_id)


def _return_assignments(link: _Link, item: Messages) -> None:
    """The session is gone: what was assigned through it goes to others."""
    for message in item.messages:
        for attempt in attempts_of(message):
            command = Undelivered(attempt.task_id, attempt.attempt)
            link.call(item.tenant_id, command).add_done_callback(_ignore)


def _ignore(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


class _Link:
    """One connection to an owner."""

    def __init__(self, links: Links, address: str) -> None:
        self._links = links
        self.address = address
        self.tenant_ids: set[str] = set()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Any], Any]] = {}
        self._connection: FrameConnection | None = None
        self._unsent: list[Call] = []
        self._ended = False
        self._opening = asyncio.create_task(self._open())

    async def _open(self) -> None:
        host, _, port = self.address.rpartition(":")
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(
                lambda: FrameConnection(self._on_items, self._on_close), host, int(port), ssl=self._links.tls
            )
        except OSError as error:
            logger.info("no link to replica at %s: %s", self.address, error)
            self._on_close(None)
            return
        self._connection = connection
        connection.send(self._links.hello())
        for call in self._unsent:
            connection.send(call)
        self._unsent.clear()

    def call(self, tenant_id: str, command: Command) -> asyncio.Future[Any]:
        self.tenant_ids.add(tenant_id)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        self._waiting[number] = (future, REPLY_TYPES.get(type(command), Any))
        call = Call(number, tenant_id, command)  # type: ignore[arg-type]
        if self._connection is not None:
            self._connection.send(call)
        else:
            self._unsent.append(call)
        return future

    def _on_items(self, connection: FrameConnection, items: list[Item]) -> None:
        news: list[Item] = []
        for item in items:
            if isinstance(item, Reply):
                future, kind = self._waiting.pop(item.number)
                if not future.done():
                    future.set_result(msgspec.msgpack.decode(item.value, type=kind))
            elif isinstance(item, Refuse):
                future, _ = self._waiting.pop(item.number)
                if not future.done():
                    future.set_exception(Refused(Code(item.code), item.message, item.field))
            else:
                news.append(item)
        self._links.take_items(self, news)

    def _on_close(self, connection: FrameConnection | None) -> None:
        if self._ended:
            return
        self._ended = True
        gone = Refused(Code.UNAVAILABLE, "the owner of the tenant is gone: try again")
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(gone)
        self._waiting.clear()
        self._links.closed(self)

    def close(self) -> None:
        self._opening.cancel()
        if self._connection is not None:
            self._connection.close()
        self._on_close(None)
