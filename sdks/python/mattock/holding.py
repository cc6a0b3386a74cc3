"""Runs and queues that are paused, and go on: over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from .record import Status
from .rest import Found, Ids, _instant, _parts, _Request, _Rest

Verb = Literal["pause", "resume"]


class RunPauses(_Rest):
    """Runs that are paused: what runs of them goes on, what is queued waits, and keeps its place."""

    def pause(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Pauses unfinished runs.

        Args:
            ids: one id or many (a task's id means its run); or
            filters: which ones: `since` (datetime or timedelta back from now; one day), `until`, `statuses` (QUEUED and
                RUNNING), `workflow_ids`, `additional_metadata` (a dict; any of its pairs). Up to 20 000 runs.

        Returns:
            Ids of the runs that were not paused before.

        Raises:
            TypeError: there is no such filter, or ids and filters are both given, or neither.
            RequestError: the server refused a value (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return [done for request in self._hold("pause", ids, filters) for done in self._send(request)]

    async def aio_pause(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Pauses unfinished runs; as `pause`."""
        return [done for request in self._hold("pause", ids, filters) for done in await self._aio_send(request)]

    def resume(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Lets paused runs go on, with their whole time to be started in; takes what `pause` takes.

        Returns:
            Ids of the runs that were paused.
        """
        return [done for request in self._hold("resume", ids, filters) for done in self._send(request)]

    async def aio_resume(self, ids: Ids | None = None, **filters: Any) -> Found[str]:
        """Lets paused runs go on; as `resume`."""
        return [done for request in self._hold("resume", ids, filters) for done in await self._aio_send(request)]

    def _hold(self, verb: Verb, ids: Ids | None, filters: Mapping[str, Any]) -> Sequence[_Request[Found[str]]]:
        if (ids is None) == (not filters):
            raise TypeError(f"{verb}: give ids, or filters")
        bodies = [{"externalIds": list(part)} for part in _parts(ids)] if ids is not None else [_body(**filters)]
        path = f"/api/v1/stable/tenants/{self._tenant}/tasks/{verb}"
        return [_Request("POST", path, lambda found: list(found.get("ids") or ()), body=body) for body in bodies]


def _body(
    since: datetime | timedelta = timedelta(days=1),
    until: datetime | timedelta | None = None,
    statuses: Sequence[Status] | None = None,
    workflow_ids: Sequence[str] | None = None,
    additional_metadata: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "since": _instant(since),
        "until": _instant(until) if until is not None else None,
        "statuses": list(statuses) if statuses else None,
        "workflowIds": list(workflow_ids) if workflow_ids else None,
        "additionalMetadata": [f"{key}:{value}" for key, value in (additional_metadata or {}).items()] or None,
    }
    return {"filter": {name: value for name, value in found.items() if value is not None}}
