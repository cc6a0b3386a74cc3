"""Crons of a tenant: made and changed while all runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .record import CronDetails
from .rest import Found, Page, _camel, _external_id, _nothing, _page, _Request, _Rest


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

    def _list(self) -> _Request[Page[CronDetails]]:
        path = f"/api/v1/tenants/{self._tenant}/workflows/crons"
        return _Request("GET", path, _page(CronDetails), query={"limit": 1000})

    def _change(self, cron_id: str, options: Mapping[str, Any]) -> _Request[None]:
        return _Request("PATCH", self._path(cron_id), _nothing, body=_camel(options))

    def _run(self, cron_id: str) -> _Request[str]:
        return _Request("POST", self._path(cron_id), _external_id)

    def _enable(self, cron_id: str, enabled: bool) -> _Request[None]:
        return _Request("PATCH", self._path(cron_id), _nothing, body={"enabled": enabled})

    def _backfill(self, cron_id: str, since: datetime, until: datetime | None) -> _Request[Found[str]]:
        body = {"since": since.isoformat(), "until": until.isoformat() if until else None}
        return _Request("POST", self._path(f"{cron_id}/backfill"), lambda found: found["ids"], body=body)
