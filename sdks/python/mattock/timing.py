"""Crons, schedules and rate limits of a tenant: made and changed while all runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic_core import to_jsonable_python

from .administration import Found, _Request, _Rest
from .record import CronDetails, ScheduleDetails

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

    def _enable(self, cron_id: str, enabled: bool) -> _Request[None]:
        return _Request("PATCH", self._path(cron_id), _nothing, body={"enabled": enabled})

    def _backfill(self, cron_id: str, since: datetime, until: datetime | None) -> _Request[Found[str]]:
        body = {"since": since.isoformat(), "until": until.isoformat() if until else None}
        return _Request("POST", self._path(f"{cron_id}/backfill"), lambda found: found["ids"], body=body)


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

    def _put(self, key: str, limit: int, window: Window) -> _Request[None]:
        body = {"key": key, "limit": limit, "duration": window}
        return _Request("PUT", f"/api/v1/tenants/{self._tenant}/rate-limits", _nothing, body=body)


def _rows(kind: Any) -> Any:
    return lambda found: [kind.model_validate(row) for row in found["rows"]]


def _time(at: datetime) -> str:
    return (at if at.tzinfo else at.astimezone()).isoformat()


def _camel(options: Mapping[str, Any]) -> dict[str, Any]:
    names = {"additional_metadata": "additionalMetadata"}
    return {names.get(name, name): to_jsonable_python(value) for name, value in options.items()}
