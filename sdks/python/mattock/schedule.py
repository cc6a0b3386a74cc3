"""Schedules of a tenant, runs that are started once: made and changed while all runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from .record import BulkResult, ScheduleDetails
from .rest import Found, Page, _camel, _external_id, _given, _instant, _nothing, _page, _pairs, _Request, _Rest


@dataclass(frozen=True)
class Schedule:
    """A run to schedule.

    Attributes:
        workflow: name of the workflow.
        at: when; one of the past starts at once.
        input: a JSON object.
        additional_metadata: of the run, a JSON object.
        priority: 1 to 3; by default the workflow's.
    """

    workflow: str
    at: datetime
    input: Mapping[str, Any] = field(default_factory=dict)
    additional_metadata: Mapping[str, Any] = field(default_factory=dict)
    priority: int | None = None


class Schedules(_Rest):
    """Runs that are started once, at a time. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses, and `ConnectionError` if it is not there.
    """

    def create(self, workflow: str, at: datetime, **options: Any) -> ScheduleDetails:
        """Schedules a run.

        Args:
            workflow: name of the workflow.
            at: when; one of the past starts at once.
            options: `input` and `additional_metadata` (JSON objects), `priority` (1 to 3).
        """
        return self._send(self._create(workflow, at, options))

    async def aio_create(self, workflow: str, at: datetime, **options: Any) -> ScheduleDetails:
        """Schedules a run."""
        return await self._aio_send(self._create(workflow, at, options))

    def create_many(self, schedules: Sequence[Schedule]) -> Found[str]:
        """Schedules up to 1 000 runs, of any workflows, all or none.

        Returns:
            Ids of the schedules, in order.
        """
        return self._send(self._create_many(schedules))

    async def aio_create_many(self, schedules: Sequence[Schedule]) -> Found[str]:
        """Schedules up to 1 000 runs; as `create_many`."""
        return await self._aio_send(self._create_many(schedules))

    def list(self, limit: int = 50, cursor: str | None = None, **filters: Any) -> Page[ScheduleDetails]:
        """Schedules, the latest first, those that have fired among them.

        Args:
            limit: at most so many, up to 1 000.
            cursor: the `next_cursor` of the page before; filters must be the same.
            filters: `workflow_id`, `additional_metadata` (a dict; all of its pairs), `statuses` (SCHEDULED, or of the
                runs: QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED), `soonest_first` (False).

        Returns:
            The page; its `next_cursor` is None if it is the last one.

        Raises:
            TypeError: there is no such filter.
        """
        return self._send(self._list(limit, cursor, **filters))

    async def aio_list(self, limit: int = 50, cursor: str | None = None, **filters: Any) -> Page[ScheduleDetails]:
        """Schedules, the latest first; as `list`."""
        return await self._aio_send(self._list(limit, cursor, **filters))

    def get(self, schedule_id: str) -> ScheduleDetails:
        """A schedule; its `run_id` is set once it has fired."""
        return self._send(_Request("GET", self._path(schedule_id), ScheduleDetails.model_validate))

    async def aio_get(self, schedule_id: str) -> ScheduleDetails:
        """A schedule; its `run_id` is set once it has fired."""
        return await self._aio_send(_Request("GET", self._path(schedule_id), ScheduleDetails.model_validate))

    def move(self, schedule_id: str, at: datetime) -> ScheduleDetails:
        """Moves a schedule to another time."""
        return self._send(self._move(schedule_id, at))

    async def aio_move(self, schedule_id: str, at: datetime) -> ScheduleDetails:
        """Moves a schedule to another time."""
        return await self._aio_send(self._move(schedule_id, at))

    def move_many(self, times: Mapping[str, datetime]) -> BulkResult:
        """Moves schedules to other times.

        Args:
            times: the new times by the schedules' ids.

        Returns:
            Which were moved, and why the others were not.
        """
        return self._send(self._move_many(times))

    async def aio_move_many(self, times: Mapping[str, datetime]) -> BulkResult:
        """Moves schedules to other times; as `move_many`."""
        return await self._aio_send(self._move_many(times))

    def delete_many(self, schedule_ids: Sequence[str] | None = None, **filters: Any) -> BulkResult:
        """Deletes schedules that have not fired.

        Args:
            schedule_ids: of the schedules; or
            filters: which ones, up to 10 000: `workflow_id`, `additional_metadata` (a dict; all of its pairs).

        Returns:
            Which were deleted, and why the others were not.

        Raises:
            TypeError: there is no such filter, or ids and filters are both given, or neither.
        """
        return self._send(self._delete_many(schedule_ids, filters))

    async def aio_delete_many(self, schedule_ids: Sequence[str] | None = None, **filters: Any) -> BulkResult:
        """Deletes schedules that have not fired; as `delete_many`."""
        return await self._aio_send(self._delete_many(schedule_ids, filters))

    def run(self, schedule_id: str) -> str:
        """Lets a schedule fire now.

        Returns:
            Id of the run.
        """
        return self._send(_Request("POST", self._path(schedule_id), _external_id))

    async def aio_run(self, schedule_id: str) -> str:
        """Lets a schedule fire now; as `run`."""
        return await self._aio_send(_Request("POST", self._path(schedule_id), _external_id))

    def delete(self, schedule_id: str) -> None:
        """Deletes a schedule that has not fired."""
        self._send(_Request("DELETE", self._path(schedule_id), _nothing))

    async def aio_delete(self, schedule_id: str) -> None:
        """Deletes a schedule that has not fired."""
        await self._aio_send(_Request("DELETE", self._path(schedule_id), _nothing))

    def _path(self, rest: str) -> str:
        return f"/api/v1/tenants/{self._tenant}/workflows/scheduled/{rest}"

    def _create(self, workflow: str, at: datetime, options: Mapping[str, Any]) -> _Request[ScheduleDetails]:
        body = {"triggerAt": _instant(at), "input": {}, "additionalMetadata": {}, **_camel(options)}
        path = f"/api/v1/tenants/{self._tenant}/workflows/{self._client.qualify(workflow)}/scheduled"
        return _Request("POST", path, ScheduleDetails.model_validate, body=body)

    def _create_many(self, schedules: Sequence[Schedule]) -> _Request[Found[str]]:
        rows = [
            {
                "workflowName": self._client.qualify(each.workflow),
                "triggerAt": _instant(each.at),
                "input": to_jsonable_python(each.input),
                "additionalMetadata": to_jsonable_python(each.additional_metadata),
                "priority": each.priority,
            }
            for each in schedules
        ]
        return _Request("POST", self._path("bulk-create"), lambda found: found["ids"], body={"schedules": rows})

    def _list(
        self,
        limit: int,
        cursor: str | None,
        workflow_id: str | None = None,
        additional_metadata: Mapping[str, str] | None = None,
        statuses: Sequence[str] | None = None,
        soonest_first: bool = False,
    ) -> _Request[Page[ScheduleDetails]]:
        query = {
            "workflowId": workflow_id,
            "additionalMetadata": _pairs(additional_metadata),
            "statuses": statuses,
            "orderByDirection": "ASC" if soonest_first else "DESC",
            "limit": limit,
            "cursor": cursor,
        }
        return _Request("GET", self._path("").rstrip("/"), _page(ScheduleDetails), query)

    def _move_many(self, times: Mapping[str, datetime]) -> _Request[BulkResult]:
        body = {"updates": [{"id": each, "triggerAt": _instant(at)} for each, at in times.items()]}
        return _Request("POST", self._path("bulk-update"), _bulk("updatedIds"), body=body)

    def _delete_many(self, ids: Sequence[str] | None, filters: Mapping[str, Any]) -> _Request[BulkResult]:
        if (ids is None) == (not filters):
            raise TypeError("delete_many: give ids, or filters")
        body = {"scheduledWorkflowRunIds": [*ids]} if ids is not None else {"filter": _wanted(**filters)}
        return _Request("POST", self._path("bulk-delete"), _bulk("deletedIds"), body=body)

    def _move(self, schedule_id: str, at: datetime) -> _Request[ScheduleDetails]:
        body = {"triggerAt": _instant(at)}
        return _Request("PATCH", self._path(schedule_id), ScheduleDetails.model_validate, body=body)


def _bulk(done: str) -> Callable[[Any], BulkResult]:
    def read(found: Any) -> BulkResult:
        return BulkResult(ids=found[done], problems={each["id"]: each["error"] for each in found["errors"]})

    return read


def _wanted(workflow_id: str | None = None, additional_metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
    if not workflow_id and not additional_metadata:
        raise TypeError("delete_many: filters are empty")
    return _given(workflowId=workflow_id, additionalMetadata=additional_metadata)
