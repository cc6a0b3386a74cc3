"""Rate limits of a tenant: declared and changed while all runs."""

from __future__ import annotations

from typing import Literal

from .record import RateLimitDetails
from .rest import Page, _nothing, _page, _Request, _Rest

Window = Literal["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"]


class RateLimits(_Rest):
    """Rate limits that tasks use by name."""

    def put(self, key: str, limit: int, window: Window = "SECOND") -> None:
        """Declares a rate limit, or changes it.

        Args:
            key: its name.
            limit: units a window.
            window: length of a window.
        """
        self._send(self._put(key, limit, window))

    async def aio_put(self, key: str, limit: int, window: Window = "SECOND") -> None:
        """Declares a rate limit, or changes it."""
        await self._aio_send(self._put(key, limit, window))

    def list(self, search: str = "", limit: int = 50, cursor: str | None = None) -> Page[RateLimitDetails]:
        """Rate limits by key, with what is left of each.

        Args:
            search: a part of the key.
            limit: at most so many, up to 1 000.
            cursor: the `next_cursor` of the page before.
        """
        return self._send(self._list(search, limit, cursor))

    async def aio_list(self, search: str = "", limit: int = 50, cursor: str | None = None) -> Page[RateLimitDetails]:
        """Rate limits by key; as `list`."""
        return await self._aio_send(self._list(search, limit, cursor))

    def delete(self, key: str) -> None:
        """Forgets a rate limit; refused while tasks wait for it."""
        self._send(self._delete(key))

    async def aio_delete(self, key: str) -> None:
        """Forgets a rate limit; refused while tasks wait for it."""
        await self._aio_send(self._delete(key))

    @property
    def _path(self) -> str:
        return f"/api/v1/tenants/{self._tenant}/rate-limits"

    def _list(self, search: str, limit: int, cursor: str | None) -> _Request[Page[RateLimitDetails]]:
        query = {"search": search, "limit": limit, "cursor": cursor}
        return _Request("GET", self._path, _page(RateLimitDetails), query)

    def _delete(self, key: str) -> _Request[None]:
        return _Request("DELETE", self._path, _nothing, {"key": key})

    def _put(self, key: str, limit: int, window: Window) -> _Request[None]:
        body = {"key": key, "limit": limit, "duration": window}
        return _Request("PUT", self._path, _nothing, body=body)
