"""The engine: one replica's part in deciding, and the door for its gateways.

How a run goes through it: a gateway turns a request into a command and calls `Engine.call`. If this replica owns the
tenant, the command joins the `Decider`'s inbox; if another does, it travels there over a `Link` and joins the inbox
there. The decider applies all that is pending, commits the records in one transaction, then releases replies and
messages. Messages go to sessions: a local one gets them by its callback, one of another replica over the link.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

from .core.command import CloseSession, Command, LogLine, PutLogs
from .core.message import Message
from .decider import Decider
from .observation.record import Observation
from .observation.recorder import Recorder
from .ownership import Ownership
from .peer.client import Links
from .peer.secure import link_contexts
from .peer.server import PeerServer
from .routing import Route
from .setting import is_loopback
from .store import Store

logger = logging.getLogger(__name__)

T = TypeVar("T")


class LocalSession:
    """A session of a gateway of this replica (see `port.Session`)."""

    __slots__ = ("_engine", "deliver", "id", "reset", "tenant_id")

    def __init__(
        self,
        engine: Engine,
        session_id: str,
        tenant_id: str,
        deliver: Callable[[Sequence[Message]], None],
        reset: Callable[[], None],
    ) -> None:
        self._engine = engine
        self.id = session_id
        self.tenant_id = tenant_id
        self.deliver = deliver
        self.reset = reset

    def close(self) -> None:
        """Ends it; nothing is delivered after that."""
        self._engine.close_session(self)


class Engine:
    """One replica of the engine: `start` it, give it to the gateways, `stop` it.

    Args:
        store: an open store.
        replica_id: UUID text, new for each process.
        peer_host: address that other replicas can reach; the port is a free one.
    """

    def __init__(self, store: Store, *, replica_id: str, peer_host: str = "127.0.0.1") -> None:
        self.store = store
        self.replica_id = replica_id
        self._sessions: dict[str, LocalSession] = {}
        self._numbers = itertools.count(1)
        self._decider = Decider(store, self._release, self._rebuilt)
        self._peers = PeerServer(self._decider, peer_host)
        self._links = Links(replica_id, self._deliver, self._reset_tenant)
        self._ownership = Ownership(store, replica_id, self._decider, self._links, self._reset_tenant)
        self._route = Route(self._decider, self._links, self._ownership)
        self._recorder = Recorder(store, self._warn)

    async def start(self) -> None:
        """Joins the cluster and takes the tenants that nobody owns."""
        secret = await self.store.cluster.secret()
        # Links that stay on this machine need no TLS.
        listening, connecting = (None, None) if is_loopback(self._peers.host) else link_contexts(secret)
        port = await self._peers.start(secret, listening)
        self._links.start(secret, connecting)
        self._decider.start()
        self._recorder.start()
        await self._ownership.start(f"{self._peers.host}:{port}")

    async def stop(self) -> None:
        """Finishes what is being committed, gives its tenants away, and leaves. Harmless twice."""
        await self._recorder.stop()
        await self._decider.stop()
        self._route.stop()
        await self._ownership.stop()
        self._links.stop()
        await self._peers.stop()

    @overload
    def call(self, tenant_id: str, command: Command) -> asyncio.Future[Any]: ...

    @overload
    def call(self, tenant_id: str, command: Command, convert: Callable[[Any], T]) -> asyncio.Future[T]: ...

    def call(
        self, tenant_id: str, command: Command, convert: Callable[[Any], Any] | None = None
    ) -> asyncio.Future[Any]:
        """Sends a command to the tenant's owner (see `port.EnginePort.call`)."""
        return self._route.call(tenant_id, command, convert)

    def observe(self, tenant_id: str, observations: Sequence[Observation]) -> None:
        """Takes what tasks tell of themselves (see `port.EnginePort.observe`)."""
        self._recorder.take(tenant_id, observations)

    def _warn(self, tenant_id: str, task_id: str, text: str) -> None:
        """Something about a task that its author should read."""
        line = LogLine(task_id, time.time(), "WARN", text, "", None)
        self.call(tenant_id, PutLogs([line])).add_done_callback(_ignore)

    def open_session(
        self, tenant_id: str, deliver: Callable[[Sequence[Message]], None], reset: Callable[[], None]
    ) -> LocalSession:
        """Opens a session (see `port.EnginePort.open_session`)."""
        session_id = f"{self.replica_id}/{next(self._numbers)}"
        session = self._sessions[session_id] = LocalSession(self, session_id, tenant_id, deliver, reset)
        return session

    def close_session(self, session: LocalSession) -> None:
        """Ends a session of this replica."""
        if self._sessions.pop(session.id, None) is not None:
            self.call(session.tenant_id, CloseSession(session.id)).add_done_callback(_ignore)

    def owns(self, tenant_id: str) -> bool:
        """True if this replica decides for the tenant now."""
        return self._decider.holds(tenant_id)

    def _release(self, tenant_id: str, session_id: str, messages: list[Message]) -> bool:
        """The decider has messages for a session, here or at a peer. False if it is gone."""
        if session_id.startswith(self.replica_id):
            return self._deliver(session_id, messages)
        return self._peers.send_messages(tenant_id, session_id, messages)

    def _deliver(self, session_id: str, messages: Sequence[Message]) -> bool:
        session = self._sessions.get(session_id)
        if session is None:
            return False
        try:
            session.deliver(messages)
        except Exception:
            logger.exception("a session failed to take its messages")
            session.close()
        return True

    def _rebuilt(self, tenant_id: str) -> None:
        self._reset_tenant(tenant_id)
        self._peers.send_rebuilt(tenant_id)

    def _reset_tenant(self, tenant_id: str) -> None:
        """The tenant's state was built anew, here or elsewhere: its sessions must say again what they want."""
        for session in list(self._sessions.values()):
            if session.tenant_id == tenant_id:
                session.reset()


def _ignore(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
