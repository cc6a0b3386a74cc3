"""Requests to the server's REST API, sent blocking or not."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

from .channel import CHANNELS
from .error import ConnectionError, RequestError, SettingError

if TYPE_CHECKING:
    from .client import Mattock

T = TypeVar("T")
Ids = str | Sequence[str]
# `list` is the name of a method below.
Found = list[T]
_TIMEOUT = 30.0
_BULK = 500


@dataclass(frozen=True)
class _Request(Generic[T]):
    method: str
    path: str
    read: Callable[[Any], T]
    query: Mapping[str, Any] | None = None
    body: Any = None


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


class _Rest:
    """Sends requests; the blocking and the async way differ in nothing else."""

    def __init__(self, client: Mattock) -> None:
        self._client = client

    @property
    def _tenant(self) -> str:
        return self._client.settings.tenant_id

    def _options(self) -> dict[str, Any]:
        settings = self._client.settings
        if settings.host_port in CHANNELS:
            raise ConnectionError("the engine in memory has no REST: see the methods of mattock.testing.Engine")
        options: dict[str, Any] = {
            "base_url": settings.server_url,
            "headers": {"Authorization": f"Bearer {settings.token}"},
            "timeout": _TIMEOUT,
        }
        secure = settings.server_url.startswith("https")
        options["verify"] = trust(*settings.tls_files) if secure else trust()
        return options

    def _send(self, request: _Request[T]) -> T:
        with httpx.Client(**self._options()) as http:
            try:
                return self._read(request, http.request(**self._arguments(request)))
            except httpx.TransportError as error:
                raise ConnectionError(f"cannot reach {self._client.settings.server_url}: {error}") from error

    async def _aio_send(self, request: _Request[T]) -> T:
        async with httpx.AsyncClient(**self._options()) as http:
            try:
                return self._read(request, await http.request(**self._arguments(request)))
            except httpx.TransportError as error:
                raise ConnectionError(f"cannot reach {self._client.settings.server_url}: {error}") from error

    @staticmethod
    def _arguments(request: _Request[T]) -> dict[str, Any]:
        query = {name: value for name, value in (request.query or {}).items() if value is not None}
        return {"method": request.method, "url": request.path, "params": query, "json": request.body}

    @staticmethod
    def _read(request: _Request[T], response: httpx.Response) -> T:
        if response.is_success:
            return request.read(response.json() if response.content else None)
        message, field = response.text.strip() or response.reason_phrase, ""
        try:
            found = response.json()
            first = (found.get("errors") or [{}])[0]
            message = first.get("description") or found.get("message") or message
            field = first.get("field") or ""
        except (ValueError, AttributeError, IndexError):
            pass
        raise RequestError(f"{request.method} {request.path}: {message}", response.status_code, field)


def _parts(ids: Ids) -> list[Sequence[str]]:
    """Ids in parts that one request takes."""
    every = [ids] if isinstance(ids, str) else list(ids)
    return [every[start : start + _BULK] for start in range(0, len(every), _BULK)]


def _instant(at: datetime | timedelta) -> str:
    if isinstance(at, timedelta):
        at = datetime.now(UTC) - at
    return (at if at.tzinfo else at.astimezone()).isoformat()
