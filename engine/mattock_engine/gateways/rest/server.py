"""The HTTP server around the app."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import uvicorn


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells when it serves."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's own affair."""
        yield


class HttpServer:
    """Serves an app on a listening socket.

    Args:
        app: an ASGI app.
        sock: bound and listening; several processes may share it.
        tls: for HTTPS.
    """

    def __init__(self, app: Any, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._app = app
        self._sock = sock
        config = uvicorn.Config(
            app,
            loop="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self._server = _Uvicorn(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to serve."""
        self._serving = asyncio.create_task(self._server.serve([self._sock]), name="mattock-http")
        await self._server.ready.wait()

    async def stop(self, grace: float = 1.0) -> None:
        """Takes no new requests, lets those that run finish for `grace` seconds. Harmless twice."""
        serving, self._serving = self._serving, None
        if serving is None:
            return
        # Streams do not end by themselves.
        if (context := self._app.state.context) is not None:
            context.feeds.close()
        self._server.config.timeout_graceful_shutdown = None
        self._server.should_exit = True
        done, _ = await asyncio.wait([serving], timeout=grace)
        if not done:
            self._server.force_exit = True
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
