"""Connections to the REST API, kept open between requests: one pool for blocking calls, one for each event loop."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import Any

import httpx

from .channel import CHANNELS
from .error import ConnectionError, SettingError
from .per_loop import PerLoop
from .setting import ClientSettings

_TIMEOUT = 30.0
# Seconds for which an idle connection is kept: less than servers do, so that none ends while a request sets out.
_LIMITS = httpx.Limits(keepalive_expiry=3.0)
# Attempts to connect, beyond the first.
_RETRIES = 2


@lru_cache(maxsize=8)
def trust(ca_file: str = "", cert_file: str = "", key_file: str = "") -> ssl.SSLContext:
    """What servers are trusted, and what is shown to them: made once, for it takes longer than a request.

    Args:
        ca_file: PEM file of authorities; "" for the usual ones.
        cert_file: PEM file of the client's certificate; "" for none.
        key_file: PEM file of its key.

    Raises:
        SettingError: a file cannot be used.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
        if cert_file:
            made.load_cert_chain(cert_file, key_file or None)
    except OSError as error:
        files = ", ".join(file for file in (ca_file, cert_file, key_file) if file)
        raise SettingError(f"tls_root_ca_file, tls_cert_file, tls_key_file: cannot use {files}: {error}") from error
    return made


class HttpPools:
    """The pools of one client; each is opened when it is first used."""

    def __init__(self) -> None:
        self._blocking: httpx.Client | None = None
        self._of_loops: PerLoop[httpx.AsyncClient] = PerLoop()

    def blocking(self, settings: ClientSettings) -> httpx.Client:
        """The pool of blocking calls, of any thread."""
        _check(settings)
        if self._blocking is None:
            transport = httpx.HTTPTransport(verify=_verify(settings), limits=_LIMITS, retries=_RETRIES)
            self._blocking = httpx.Client(transport=transport, **_options(settings))
        return self._blocking

    def of_loop(self, settings: ClientSettings) -> httpx.AsyncClient:
        """The pool of the running event loop."""
        _check(settings)
        found = self._of_loops.of(asyncio.get_running_loop())
        if found is None:
            transport = httpx.AsyncHTTPTransport(verify=_verify(settings), limits=_LIMITS, retries=_RETRIES)
            found = self._of_loops.put(httpx.AsyncClient(transport=transport, **_options(settings)))
        return found

    async def aio_close(self) -> None:
        """Ends all connections, those of other running loops too."""
        await self._of_loops.aio_close(httpx.AsyncClient.aclose)
        self.close()

    def close(self) -> None:
        """Ends the connections of blocking calls."""
        if self._blocking is not None:
            self._blocking.close()
            self._blocking = None


def _verify(settings: ClientSettings) -> ssl.SSLContext:
    return trust(*settings.tls_files) if settings.server_url.startswith("https") else trust()


def _check(settings: ClientSettings) -> None:
    if settings.host_port in CHANNELS:
        raise ConnectionError("the engine in memory has no REST: see the methods of mattock.testing.Engine")


def _options(settings: ClientSettings) -> dict[str, Any]:
    return {
        "base_url": settings.server_url,
        "headers": {"Authorization": f"Bearer {settings.token}"},
        "timeout": _TIMEOUT,
    }
