"""Requests to the server's REST API, sent blocking or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx
from pydantic_core import to_jsonable_python

from .error import ConnectionError, RequestError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .client import Mattock

T = TypeVar("T")
M = TypeVar("M", bound="BaseModel")
Ids = str | Sequence[str]
# `list` is the name of a method below.
Found = list[T]
_BULK = 500


class Page(list[T]):
    """Part of a list.

    Attributes:
        next_cursor: what `cursor` of the same method gives the next part for; None after the last.
    """

    next_cursor: str | None = None


@dataclass(frozen=True)
class _Request(Generic[T]):
    method: str
    path: str
    read: Callable[[Any], T]
    query: Mapping[str, Any] | None = None
    body: Any = None


class _Rest:
    """Sends requests; the blocking and the async way differ in nothing else."""

    def __init__(self, client: Mattock) -> None:
        self._client = client

    @property
    def _tenant(self) -> str:
        return self._client.settings.tenant_id

    def _send(self, request: _Request[T]) -> T:
        settings = self._client.settings
        try:
            answer = self._client._http.blocking(settings).request(**self._arguments(request))
        except httpx.TransportError as error:
            raise ConnectionError(f"cannot reach {settings.server_url}: {error}") from error
        return self._read(request, answer)

    async def _aio_send(self, request: _Request[T]) -> T:
        settings = self._client.settings
        try:
            answer = await self._client._http.of_loop(settings).request(**self._arguments(request))
        except httpx.TransportError as error:
            raise ConnectionError(f"cannot reach {settings.server_url}: {error}") from error
        return self._read(request, answer)

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


def _page(kind: type[M]) -> Callable[[Any], Page[M]]:
    def read(found: Any) -> Page[M]:
        page = Page(kind.model_validate(row) for row in found.get("rows") or ())
        page.next_cursor = (found.get("pagination") or {}).get("next_cursor")
        return page

    return read


def _nothing(found: Any) -> None:
    return None


def _external_id(found: Any) -> str:
    return str(found["externalId"])


def _camel(options: Mapping[str, Any]) -> dict[str, Any]:
    names = {"additional_metadata": "additionalMetadata", "name": "cronName", "expression": "cronExpression"}
    return {names.get(name, name): to_jsonable_python(value) for name, value in options.items()}


def _given(**values: Any) -> dict[str, Any]:
    """What is not None."""
    return {name: value for name, value in values.items() if value is not None}


def _pairs(metadata: Mapping[str, str] | None) -> list[str] | None:
    return [f"{key}:{value}" for key, value in metadata.items()] if metadata else None


def _parts(ids: Ids) -> list[Sequence[str]]:
    """Ids in parts that one request takes."""
    every = [ids] if isinstance(ids, str) else list(ids)
    return [every[start : start + _BULK] for start in range(0, len(every), _BULK)]


def _instant(at: datetime | timedelta) -> str:
    if isinstance(at, timedelta):
        at = datetime.now(UTC) - at
    return (at if at.tzinfo else at.astimezone()).isoformat()
