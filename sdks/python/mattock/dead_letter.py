"""Dead letters: runs that failed for good or were dropped, to be run again or discarded. Over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from .record import DeadLetter, DeadLetterGroup
from .rest import Found, Ids, _instant, _parts, _Request, _Rest

Verb = Literal["replay", "discard"]
_PAGE = 1000


class DeadLetters(_Rest):
    """Runs that failed with no retries left, waited for too long in their queue, or were dropped from a full one.

    Each method is there twice: blocking, and as a coroutine with `aio_`. Filters of all of them: `since` and `until`
    (of the end; datetime, or timedelta back from now), `workflow_ids`, and `error` (the first line of the error, as a
    group has it; not of `groups`). All raise `RequestError` if the server refuses, and `ConnectionError` if it is not
    there.
    """

    def list(self, limit: int = 50, **filters: Any) -> Found[DeadLetter]:
        """Dead letters, the newest first, up to 1 000."""
        return self._send(self._list(limit, filters))

    async def aio_list(self, limit: int = 50, **filters: Any) -> Found[DeadLetter]:
        """Dead letters, the newest first, up to 1 000."""
        return await self._aio_send(self._list(limit, filters))

    def groups(self, **filters: Any) -> Found[DeadLetterGroup]:
        """Dead letters by workflow and the first line of the error, the largest group first."""
        return self._send(self._groups(filters))

    async def aio_groups(self, **filters: Any) -> Found[DeadLetterGroup]:
        """Dead letters by workflow and the first line of the error, the largest group first."""
        return await self._aio_send(self._groups(filters))

    def replay(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Runs dead letters again: those of the ids, or all that fit the filters.

        Returns:
            Ids of those that are run again.

        Raises:
            TypeError: there is no such filter, or ids and filters are both given, or neither.
        """
        return self._change("replay", ids, filters)

    async def aio_replay(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Runs dead letters again; as `replay`."""
        return await self._aio_change("replay", ids, filters)

    def discard(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Marks dead letters as dealt with: those of the ids, or all that fit the filters. They stay in the history.

        Returns:
            Ids of those that were marked.

        Raises:
            TypeError: there is no such filter, or ids and filters are both given, or neither.
        """
        return self._change("discard", ids, filters)

    async def aio_discard(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Marks dead letters as dealt with; as `discard`."""
        return await self._aio_change("discard", ids, filters)

    def _change(self, verb: Verb, ids: Ids | None, filters: Mapping[str, Any]) -> Found[str]:
        done: Found[str] = []
        for request in self._requests(verb, ids, filters):
            more = True
            while more:
                changed, more = self._send(request)
                done += changed
        return done

    async def _aio_change(self, verb: Verb, ids: Ids | None, filters: Mapping[str, Any]) -> Found[str]:
        done: Found[str] = []
        for request in self._requests(verb, ids, filters):
            more = True
            while more:
                changed, more = await self._aio_send(request)
                done += changed
        return done

    @property
    def _path(self) -> str:
        return f"/api/v1/stable/tenants/{self._tenant}/dead-letters"

    def _list(self, limit: int, filters: Mapping[str, Any]) -> _Request[Found[DeadLetter]]:
        query = {"limit": limit, **_query(**filters)}
        return _Request(
            "GET", self._path, lambda found: [DeadLetter.model_validate(row) for row in found["rows"]], query
        )

    def _groups(self, filters: Mapping[str, Any]) -> _Request[Found[DeadLetterGroup]]:
        def read(found: Any) -> Found[DeadLetterGroup]:
            return [DeadLetterGroup.model_validate(row) for row in found["rows"]]

        if "error" in filters:
            raise TypeError("groups: 'error' is no filter here")
        return _Request("GET", f"{self._path}/groups", read, _query(**filters))

    def _requests(
        self, verb: Verb, ids: Ids | None, filters: Mapping[str, Any]
    ) -> Sequence[_Request[tuple[Found[str], bool]]]:
        if (ids is None) == (not filters):
            raise TypeError(f"{verb}: give ids, or filters")
        if ids is not None:
            bodies: Found[dict[str, Any]] = [{"externalIds": part} for part in map(_texts, _parts(ids))]
        else:
            found = _query(**filters)
            found["workflowIds"] = found.pop("workflow_ids")
            bodies = [{"filter": {name: value for name, value in found.items() if value is not None}}]
        path = f"{self._path}/{verb}"
        return [_Request("POST", path, lambda found: (found["ids"], found["more"]), body=body) for body in bodies]


def _texts(ids: Sequence[str]) -> Found[str]:
    return [*ids]


def _query(
    since: datetime | timedelta | None = None,
    until: datetime | timedelta | None = None,
    workflow_ids: Sequence[str] | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    return {
        "since": _instant(since) if since is not None else None,
        "until": _instant(until) if until is not None else None,
        "workflow_ids": [*workflow_ids] if workflow_ids else None,
        "error": error,
    }
