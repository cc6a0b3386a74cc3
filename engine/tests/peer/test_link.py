"""Links between replicas over TLS: who does not know the cluster's secret neither reads nor enters."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mattock_engine.core.command import CloseSession
from mattock_engine.core.error import Refused
from mattock_engine.engine import Engine
from mattock_engine.identity import new_id
from mattock_engine.peer.client import Links
from mattock_engine.peer.secure import link_contexts
from mattock_engine.peer.server import PeerServer
from mattock_engine.store import Store
from mattock_engine.store.embedded import EmbeddedPostgres

SECRET = "the cluster's"


class Owner:
    """Stands for a decider: has taken what comes."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def holds(self, tenant_id: str) -> bool:
        return True

    def submit(self, tenant_id: str, command: Any, future: asyncio.Future[Any]) -> None:
        self.taken.append((tenant_id, command))
        future.set_result(None)

    def replica_gone(self, replica_id: str) -> None: ...


@pytest.fixture
async def owner() -> Owner:
    return Owner()


@pytest.fixture
async def address(owner: Owner) -> AsyncIterator[str]:
    server = PeerServer(owner, "127.0.0.1")  # type: ignore[arg-type]
    yield f"127.0.0.1:{await server.start(SECRET, link_contexts(SECRET)[0])}"
    await server.stop()


async def call(address: str, secret: str, tls: ssl.SSLContext | None, tenant_id: str = "tenant") -> None:
    links = Links(new_id(), lambda _session, _messages: True, lambda _tenant: None)
    links.start(secret, tls)
    try:
        await links.call(address, tenant_id, CloseSession("session"))
    finally:
        links.stop()


async def test_replicas_of_a_cluster(owner: Owner, address: str) -> None:
    # Each makes its certificates by itself.
    await call(address, SECRET, link_contexts(SECRET)[1])
    assert owner.taken == [("tenant", CloseSession("session"))]


@pytest.mark.parametrize("tls", ["another secret", "no certificate", "none"])
async def test_others(owner: Owner, address: str, tls: str) -> None:
    context = None
    if tls == "another secret":
        context = link_contexts("a guess")[1]
    elif tls == "no certificate":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(Refused, match="the owner of the tenant is gone"):
        await call(address, SECRET, context)
    assert owner.taken == []


async def test_nobody_stands_between(owner: Owner) -> None:
    server = PeerServer(owner, "127.0.0.1")  # type: ignore[arg-type]
    port = await server.start(SECRET, link_contexts("a guess")[0])
    with pytest.raises(Refused, match="the owner of the tenant is gone"):
        await call(f"127.0.0.1:{port}", SECRET, link_contexts(SECRET)[1])
    await server.stop()
    assert owner.taken == []


@pytest.mark.parametrize("loopback", [True, False])
async def test_an_engine_that_others_can_reach(
    loopback: bool, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr("mattock_engine.engine.is_loopback", lambda _host: loopback)
    postgres = EmbeddedPostgres(Path(tmp_path_factory.mktemp("link")) / "postgres")
    store = await Store.open(postgres.start())
    await store.put_tenant(tenant := new_id(), "ours", "Ours")
    first, second = (Engine(store, replica_id=new_id()) for _ in range(2))
    await first.start()
    await second.start()
    assert first.owns(tenant)
    # It goes over the link.
    await second.call(tenant, CloseSession("session"))
    assert first._peers._server is not None
    port = first._peers._server.sockets[0].getsockname()[1]
    secret = await store.cluster.secret()
    await call(f"127.0.0.1:{port}", secret, None if loopback else link_contexts(secret)[1], tenant)
    if not loopback:
        with pytest.raises(Refused, match="the owner of the tenant is gone"):
            await call(f"127.0.0.1:{port}", secret, None, tenant)
    for engine in (second, first):
        await engine.stop()
    await store.close()
    postgres.stop()
