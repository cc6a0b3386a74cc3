"""The owner's end of the links: takes commands of other replicas, sends back replies and messages."""

from __future__ import annotations

import asyncio
import hmac
import ssl
from typing import TYPE_CHECKING, Any

from ..core.error import Code, Refused
from ..core.message import Message
from .frame import Call, FrameConnection, Hello, Item, Messages, Rebuilt, Refuse, Reply, encode_reply

if TYPE_CHECKING:
    from ..decider import Decider


class PeerServer:
    """Listens for other replicas."""

    def __init__(self, decider: Decider, host: str) -> None:
        self._decider = decider
        self.host = host
        self._secret = ""
        self._server: asyncio.Server | None = None
        self._connections: dict[str, FrameConnection] = {}

    async def start(self, secret: str, tls: ssl.SSLContext | None = None) -> int:
        """Starts to listen, with TLS if given; returns the port."""
        self._secret = secret
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: FrameConnection(self._on_items, self._on_close), self.host, 0, ssl=tls
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Ends all links."""
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections.values()):
                connection.close()
            self._server = None

    def send_messages(self, tenant_id: str, session_id: str, messages: list[Message]) -> bool:
        """Sends messages to a session of another replica. False if that replica has no link."""
        connection = self._connections.get(session_id.partition("/")[0])
        if connection is None:
            return False
        connection.send(Messages(tenant_id, session_id, messages))  # type: ignore[arg-type]
        return True

    def send_rebuilt(self, tenant_id: str) -> None:
        """Tells all peers that a tenant's state was built anew."""
        for connection in self._connections.values():
            connection.send(Rebuilt(tenant_id))

    def _on_items(self, connection: FrameConnection, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Hello):
                if not hmac.compare_digest(item.secret, self._secret):
                    connection.close()
                    return
                connection.peer = item
                self._connections[item.replica_id] = connection
            elif connection.peer is None:
                connection.close()
                return
            elif isinstance(item, Call):
                self._call(connection, item)

    def _call(self, connection: FrameConnection, call: Call) -> None:
        if not self._decider.holds(call.tenant_id):
            connection.send(Refuse(call.number, Code.UNAVAILABLE, "this replica does not own the tenant", ""))
            return
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: _answer(connection, call.number, done))
        self._decider.submit(call.tenant_id, call.command, future)

    def _on_close(self, connection: FrameConnection) -> None:
        if connection.peer is not None and self._connections.get(connection.peer.replica_id) is connection:
            del self._connections[connection.peer.replica_id]
            self._decider.replica_gone(connection.peer.replica_id)


def _answer(connection: FrameConnection, number: int, done: asyncio.Future[Any]) -> None:
    if done.cancelled():
        return
    error = done.exception()
    if error is None:
        connection.send(Reply(number, encode_reply(done.result())))
    elif isinstance(error, Refused):
        connection.send(Refuse(number, error.code, error.message, error.field))
    else:
        connection.send(Refuse(number, Code.INTERNAL, f"internal error: {type(error).__name__}", ""))
