"""REST over HTTP: what the shared contract's SDKs ask for beside gRPC, and what people and programs look at runs with.

The imports are heavy, so they wait until the server is made.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from ...access import Audit, Logins, Members, Oidc, OidcSettings, People, Seals, TokenService, Vault
from ...alert import Alerts, Courier, Smtp
from ...port import EnginePort
from ...store import Store

if TYPE_CHECKING:
    from ssl import SSLContext

    from fastapi import FastAPI

    from .server import HttpServer


def build_app(
    engine: EnginePort,
    store: Store,
    tokens: TokenService,
    people: People,
    *,
    max_payload_bytes: int,
    version: str,
    oidc: OidcSettings | None = None,
    courier: Courier | None = None,
    retention_days: int = 30,
) -> FastAPI:
    """Makes the app.

    Args:
        engine: where commands go.
        store: where reads go.
        tokens: tell which program calls.
        people: tell which person calls.
        max_payload_bytes: of an input or metadata; a body may hold both.
        version: of the engine.
        oidc: the identity provider by which people may log in.
        courier: delivers test messages of alerts; by default one that sends no e-mail.
        retention_days: that the server keeps what has ended.
    """
    from .app import build
    from .context import Context
    from .feed import Feeds
    from .version import Versions

    seals, vault = Seals(store.cluster.secret), Vault(store.cluster.secret)
    context = Context(
        engine,
        store,
        tokens,
        seals,
        Logins(seals, store),
        people,
        Members(store, people),
        Audit(store),
        None if oidc is None else Oidc(oidc, seals),
        vault,
        Versions(store),
        Feeds(engine),
        max_payload_bytes,
        version,
        Alerts(store, vault, courier or Courier(Smtp())),
        retention_days,
    )
    return build(context, version, 2 * max_payload_bytes)


async def serve(app: Any, sock: socket.socket, tls: SSLContext | None = None) -> HttpServer:
    """Serves an app on a bound socket, over TLS if given; `stop` it."""
    from .server import HttpServer

    server = HttpServer(app, sock, tls)
    await server.start()
    return server
