"""The gateways on a real engine and store, all in this process, and clients without an SDK."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from mattock_engine.access import People, TokenService
from mattock_engine.engine import Engine
from mattock_engine.gateways import hatchet, rest, session
from mattock_engine.gateways.door import open_door
from mattock_engine.identity import new_id
from mattock_engine.role import Role
from mattock_engine.store import Store
from mattock_engine.store.embedded import EmbeddedPostgres
from mattock_engine.wire import Server

LIMIT = 256 * 1024


@dataclass
class Client:
    """A tenant's connections."""

    tenant_id: str
    token: str
    channel: grpc.aio.Channel
    http: httpx.AsyncClient

    @property
    def metadata(self) -> list[tuple[str, str]]:
        return [("authorization", f"bearer {self.token}")]

    async def call(self, path: str, request: Any, reply: Any) -> Any:
        """A unary call."""
        return await self.channel.unary_unary(path, None, reply.FromString)(
            request.SerializeToString(), metadata=self.metadata
        )

    async def refused(self, path: str, request: Any) -> tuple[grpc.StatusCode, str]:
        """A unary call that must fail: its code and message."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.channel.unary_unary(path)(request.SerializeToString(), metadata=self.metadata)
        return caught.value.code(), caught.value.details() or ""

    def server_stream(self, path: str, request: Any, reply: Any) -> Any:
        """A call with a stream of replies."""
        return self.channel.unary_stream(path, None, reply.FromString)(
            request.SerializeToString(), metadata=self.metadata
        )

    def stream(self, path: str, reply: Any) -> Any:
        """A call with streams both ways; `write` takes messages."""
        method: Any = self.channel.stream_stream(path, lambda message: message.SerializeToString(), reply.FromString)
        return method(metadata=self.metadata)

    @property
    def stable(self) -> str:
        return f"/api/v1/stable/tenants/{self.tenant_id}"


@dataclass
class House:
    """The engine with its gateways, and two tenants."""

    store: Store
    engine: Engine
    tokens: TokenService
    people: People
    door: Server
    ours: Client
    theirs: Client


def listener() -> tuple[socket.socket, int]:
    """A socket that listens, and its port."""
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(64)
    made.setblocking(False)
    return made, made.getsockname()[1]


async def client_of(tokens: TokenService, tenant_id: str, channel: grpc.aio.Channel, url: str) -> Client:
    """A client of a tenant's owner."""
    token = await tokens.issue(tenant_id, "test", role=Role.OWNER)
    http = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"})
    return Client(tenant_id, token, channel, http)


@contextlib.asynccontextmanager
async def new_tenant(house: House) -> AsyncIterator[Client]:
    """A client of a tenant that nothing is in: where what other tests have left would be counted, or would change."""
    tenant_id = (await house.store.put_tenant(new_id(), f"t-{new_id()}", "Its own"))["tenant_id"]
    client = await client_of(house.tokens, tenant_id, house.ours.channel, str(house.ours.http.base_url))
    async with client.http:
        yield client


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("gateways") / "postgres")
    store = await Store.open(postgres.start())
    tenants = [(await store.put_tenant(new_id(), slug, slug.title()))["tenant_id"] for slug in ("ours", "theirs")]
    engine = Engine(store, replica_id=new_id())
    await engine.start()
    (grpc_socket, grpc_port), (http_socket, http_port) = listener(), listener()
    url = f"http://127.0.0.1:{http_port}"
    tokens = TokenService(store, url, f"127.0.0.1:{grpc_port}")
    await tokens.start()
    people = People(store)

    def on_notice(text: str) -> None:
        tokens.on_notice(text)
        people.on_notice(text)

    store.cluster.listen(on_notice, tokens.reload_soon)
    door = open_door(tokens, LIMIT + 64 * 1024)
    hatchet.register(door, engine, store, LIMIT)
    session.register(door, engine, LIMIT)
    await door.start(sock=grpc_socket)
    web = await rest.serve(
        rest.build_app(engine, store, tokens, people, max_payload_bytes=LIMIT, version="0.0.1"), http_socket
    )
    clients = []
    for tenant_id in tenants:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}", compression=grpc.Compression.Gzip)
        clients.append(await client_of(tokens, tenant_id, channel, url))
    yield House(store, engine, tokens, people, door, *clients)
    for client in clients:
        await client.channel.close()
        await client.http.aclose()
    await web.stop()
    await door.stop()
    await engine.stop()
    await store.close()
    postgres.stop()


@pytest.fixture
def name() -> str:
    """A workflow name of the test's own."""
    return f"flow-{new_id()}"
