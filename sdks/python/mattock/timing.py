"""Crons, schedules and rate limits of a tenant: made and changed while all runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic_core import to_jsonable_python

from .record import BulkResult, CronDetails, RateLimitDetails, ScheduleDetails
from .rest import Found, Page, _given, _page, _pairs, _Request, _Rest

Window = Literal["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"]


def _nothing(found: Any) -> None:
    return None


class Crons(_Rest):
    """Crons. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses, and `ConnectionError` if it is not there.
    """

    def create(self, workflow: str, name: str, expression: str, **options: Any) -> CronDetails:
        """Makes a cron.

        Args:
            workflow: name of the workflow that it starts.
            name: with the expression unique in the workflow.
            expression: five fields, six with leading seconds, or `@daily` and the like.
            options: `input` and `additional_metadata` (JSON objects), `priority` (1 to 3), `timezone` ("Europe/Berlin";
                UTC by default), `missed` ("skip", the default, "one" or "all": what becomes of ticks while no server
                ran), `overlap` ("allow", the default, "skip", "queue" or "cancel": what becomes of a tick while the
                run of the one before has not ended), `jitter` (seconds by which ticks are late at most).
        """
        return self._send(self._create(workflow, name, expression, options))

    async def aio_create(self, workflow: str, name: str, expression: str, **options: Any) -> CronDetails:
        """Makes a cron."""
        return await self._aio_send(self._create(workflow, name, expression, options))

    def list(self) -> Found[CronDetails]:
        """Up to 1 000 crons, the newest first."""
        return self._send(self._list())

    async def aio_list(self) -> Found[CronDetails]:
        """Up to 1 000 crons, the newest first."""
        return await self._aio_send(self._list())

    def get(self, cron_id: str) -> CronDetails:
        """A cron."""
        return self._send(_Request("GET", self._path(cron_id), CronDetails.model_validate))

    async def aio_get(self, cron_id: str) -> CronDetails:
        """A cron."""
        return await self._aio_send(_Request("GET", self._path(cron_id), CronDetails.model_validate))

    def change(self, cron_id: str, **options: Any) -> None:
        """Gives a cron other values; what is not given stays.

        Args:
            cron_id: of the cron.
            options: `name`, `expression`, and those of `create`. Of a cron that its workflow declares, name,
                expression, time zone and input stay as they are there.
        """
        self._send(self._change(cron_id, options))

    async def aio_change(self, cron_id: str, **options: Any) -> None:
        """Gives a cron other values; as `change`."""
        await self._aio_send(self._change(cron_id, options))

    def run(self, cron_id: str) -> str:
        """Starts a run of a cron at once.

        Returns:
            Id of the run.
        """
        return self._send(self._run(cron_id))

    async def aio_run(self, cron_id: str) -> str:
        """Starts a run of a cron at once; as `run`."""
        return await self._aio_send(self._run(cron_id))

    def pause(self, cron_id: str) -> None:
        """Lets a cron fire no more, until `resume`."""
        self._send(self._enable(cron_id, False))

    async def aio_pause(self, cron_id: str) -> None:
        """Lets a cron fire no more, until `resume`."""
        await self._aio_send(self._enable(cron_id, False))

    def resume(self, cron_id: str) -> None:
        """Lets a paused cron go on."""
        self._send(self._enable(cron_id, True))

    async def aio_resume(self, cron_id: str) -> None:
        """Lets a paused cron go on."""
        await self._aio_send(self._enable(cron_id, True))

    def delete(self, cron_id: str) -> None:
        """Deletes a cron."""
        self._send(_Request("DELETE", self._path(cron_id), _nothing))

    async def aio_delete(self, cron_id: str) -> None:
        """Deletes a cron."""
        await self._aio_send(_Request("DELETE", self._path(cron_id), _nothing))

    def backfill(self, cron_id: str, since: datetime, until: datetime | None = None) -> Found[str]:
        """Starts the runs of all ticks of a past range that have none.

        Args:
            cron_id: of the cron.
            since: the range's begin.
            until: its end; now by default.

        Returns:
            Ids of the runs.
        """
        return self._send(self._backfill(cron_id, since, until))

    async def aio_backfill(self, cron_id: str, since: datetime, until: datetime | None = None) -> Found[str]:
        """Starts the runs of all ticks of a past range that have none."""
        return await self._aio_send(self._backfill(cron_id, since, until))

    def _path(self, rest: str) -> str:
        return f"/api/v1/tenants/{self._tenant}/workflows/crons/{rest}"

    def _create(self, workflow: str, name: str, expression: str, options: Mapping[str, Any]) -> _Request[CronDetails]:
        body = {
            "cronName": name,
            "cronExpression": expression,
            "input": {},
            "additionalMetadata": {},
            **_camel(options),
        }
        path = f"/api/v1/tenants/{self._tenant}/workflows/{self._client.qualify(workflow)}/crons"
        return _Request("POST", path, CronDetails.model_validate, body=body)

    def _list(self) -> _Request[Found[CronDetails]]:
        path = f"/api/v1/tenants/{self._tenant}/workflows/crons"
        return _Request("GET", path, _rows(CronDetails), query={"limit": 1000})

    def _change(self, cron_id: str, options: Mapping[str, Any]) -> _Request[None]:
        return _Request("PATCH", self._path(cron_id), _nothing, body=_camel(options))

    def _run(self, cron_id: str) -> _Request[str]:
        return _Request("POST", self._path(cron_id), _external_id)

    def _enable(self, cron_id: str, enabled: bool) -> _Request[None]:
        return _Request("PATCH", self._path(cron_id), _nothing, body={"enabled": enabled})

    def _backfill(self, cron_id: str, since: datetime, until: datetime | None) -> _Request[Found[str]]:
        body = {"since": since.isoformat(), "until": until.isoformat() if until else None}
        return _Request("POST", self._path(f"{cron_id}/backfill"), lambda found: found["ids"], body=body)


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
        body = {"triggerAt": _time(at), "input": {}, "additionalMetadata": {}, **_camel(options)}
        path = f"/api/v1/tenants/{self._tenant}/workflows/{self._client.qualify(workflow)}/scheduled"
        return _Request("POST", path, ScheduleDetails.model_validate, body=body)

    def _create_many(self, schedules: Sequence[Schedule]) -> _Request[Found[str]]:
        rows = [
            {
                "workflowName": self._client.qualify(each.workflow),
                "triggerAt": _time(each.at),
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
        body = {"updates": [{"id": each, "triggerAt": _time(at)} for each, at in times.items()]}
        return _Request("POST", self._path("bulk-update"), _bulk("updatedIds"), body=body)

    def _delete_many(self, ids: Sequence[str] | None, filters: Mapping[str, Any]) -> _Request[BulkResult]:
        if (ids is None) == (not filters):
            raise TypeError("delete_many: give ids, or filters")
        body = {"scheduledWorkflowRunIds": [*ids]} if ids is not None else {"filter": _wanted(**filters)}
        return _Request("POST", self._path("bulk-delete"), _bulk("deletedIds"), body=body)

    def _move(self, schedule_id: str, at: datetime) -> _Request[ScheduleDetails]:
        body = {"triggerAt": _time(at)}
        return _Request("PATCH", self._path(schedule_id), ScheduleDetails.model_validate, body=body)


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
        return _Request("PUT", f"/api/v1/tenants/{self._tenant}/rate-limits", _nothing, body=body)


def _external_id(found: Any) -> str:
    return str(found["externalId"])


def _bulk(done: str) -> Callable[[Any], BulkResult]:
    def read(found: Any) -> BulkResult:
        return BulkResult(ids=found[done], problems={each["id"]: each["error"] for each in found["errors"]})

    return read


def _rows(kind: Any) -> Any:
    return lambda found: [kind.model_validate(row) for row in found["rows"]]


def _wanted(workflow_id: str | None = None, additional_metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
    if not workflow_id and not additional_metadata:
        raise TypeError("delete_many: filters are empty")
    return _given(workflowId=workflow_id, additionalMetadata=additional_metadata)


def _time(at: datetime) -> str:
    return (at if at.tzinfo else at.astimezone()).isoformat()


def _camel(options: Mapping[str, Any]) -> dict[str, Any]:
    names = {"additional_metadata": "additionalMetadata", "name": "cronName", "expression": "cronExpression"}
    return {names.get(name, name): to_jsonable_python(value) for name, value in options.items()}
