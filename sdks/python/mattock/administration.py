"""Looking at runs and workers, and changing them: over REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .holding import RunPauses
from .record import LogLine, RunDetails, RunSummary, Status, WorkerDetails
from .rest import Found, Ids, _instant, _parts, _Request, _Rest

if TYPE_CHECKING:
    from .client import Mattock
    from .reference import RunRef


class Runs(RunPauses):
    """Runs and their tasks. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses (code 404: no such run), and `ConnectionError` if it is not there.
    """

    def ref(self, run_id: str) -> RunRef[dict[str, Any]]:
        """A reference to any run, to await its result or hear its stream.

        Args:
            run_id: id of the run.

        Returns:
            The reference; its result is a dict of the tasks' outputs by name.
        """
        from .reference import RunRef
        from .runnable import outputs_of

        return RunRef(self._client, run_id, outputs_of)

    def get(self, run_id: str) -> RunDetails:
        """A run with its tasks.

        Args:
            run_id: id of the run.

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._get(run_id))

    async def aio_get(self, run_id: str) -> RunDetails:
        """A run with its tasks."""
        return await self._aio_send(self._get(run_id))

    def get_task(self, task_id: str) -> RunSummary:
        """A task by itself; of one that waits, `wait_reason` says for what.

        Args:
            task_id: id of the task (for a task that is a workflow by itself: the run's).

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._get_task(task_id))

    async def aio_get_task(self, task_id: str) -> RunSummary:
        """A task by itself; as `get_task`."""
        return await self._aio_send(self._get_task(task_id))

    def get_status(self, run_id: str) -> Status:
        """A run's status.

        Args:
            run_id: id of the run.

        Returns:
            QUEUED, RUNNING, COMPLETED, FAILED or CANCELLED.

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._status(run_id))

    async def aio_get_status(self, run_id: str) -> Status:
        """A run's status."""
        return await self._aio_send(self._status(run_id))

    def list(self, **filters: Any) -> Found[RunSummary]:
        """Runs, the newest first.

        Args:
            filters: `since` (datetime or timedelta back from now; one day), `until`, `statuses`, `workflow_ids`,
                `additional_metadata` (a dict; a run with any of its pairs is listed), `worker_id`, `parent_task_id`,
                `only_tasks` (tasks rather than runs), `include_payloads` (True), `limit` (50), `offset`.

        Raises:
            TypeError: there is no such filter.
            RequestError: the server refused a filter's value.
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._list(**filters))

    async def aio_list(self, **filters: Any) -> Found[RunSummary]:
        """Runs, the newest first; as `list`."""
        return await self._aio_send(self._list(**filters))

    def cancel(self, ids: Ids) -> Found[str]:
        """Cancels runs or tasks, with all that they started.

        Args:
            ids: one id or many.

        Returns:
            Ids of those that had not ended yet.
        """
        return [done for part in _parts(ids) for done in self._send(self._change("cancel", part))]

    async def aio_cancel(self, ids: Ids) -> Found[str]:
        """Cancels runs or tasks; as `cancel`."""
        return [done for part in _parts(ids) for done in await self._aio_send(self._change("cancel", part))]

    def replay(self, ids: Ids) -> Found[str]:
        """Runs ended runs again (a task's id: the task and what is downstream).

        Args:
            ids: one id or many.

        Returns:
            Ids of those that are run again.
        """
        return [done for part in _parts(ids) for done in self._send(self._change("replay", part))]

    async def aio_replay(self, ids: Ids) -> Found[str]:
        """Runs ended runs again; as `replay`."""
        return [done for part in _parts(ids) for done in await self._aio_send(self._change("replay", part))]

    def logs(self, task_id: str, limit: int = 1000) -> Found[LogLine]:
        """The log of a task, of all its attempts, oldest line first.

        Args:
            task_id: id of the task (for a task that is a workflow by itself: the run's).
            limit: at most so many lines.

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._logs(task_id, limit))

    async def aio_logs(self, task_id: str, limit: int = 1000) -> Found[LogLine]:
        """The log of a task, oldest line first."""
        return await self._aio_send(self._logs(task_id, limit))

    def _get(self, run_id: str) -> _Request[RunDetails]:
        def read(found: Any) -> RunDetails:
            return RunDetails.model_validate({**found["run"], "tasks": found["tasks"]})

        return _Request("GET", f"/api/v1/stable/workflow-runs/{run_id}", read)

    def _get_task(self, task_id: str) -> _Request[RunSummary]:
        return _Request("GET", f"/api/v1/stable/tasks/{task_id}", RunSummary.model_validate)

    def _status(self, run_id: str) -> _Request[Status]:
        return _Request("GET", f"/api/v1/stable/workflow-runs/{run_id}/status", lambda found: found)

    def _list(
        self,
        since: datetime | timedelta = timedelta(days=1),
        until: datetime | None = None,
        statuses: Sequence[Status] | None = None,
        workflow_ids: Sequence[str] | None = None,
        additional_metadata: Mapping[str, str] | None = None,
        worker_id: str | None = None,
        parent_task_id: str | None = None,
        only_tasks: bool = False,
        include_payloads: bool = True,
        limit: int = 50,
        offset: int = 0,
    ) -> _Request[Found[RunSummary]]:
        query = {
            "since": _instant(since),
            "until": until and _instant(until),
            "statuses": statuses,
            "workflow_ids": workflow_ids,
            "additional_metadata": [f"{key}:{value}" for key, value in (additional_metadata or {}).items()] or None,
            "worker_id": worker_id,
            "parent_task_external_id": parent_task_id,
            "only_tasks": only_tasks,
            "include_payloads": include_payloads,
            "limit": limit,
            "offset": offset,
        }

        def read(found: Any) -> Found[RunSummary]:
            return [RunSummary.model_validate(row) for row in found["rows"]]

        return _Request("GET", f"/api/v1/stable/tenants/{self._tenant}/workflow-runs", read, query)

    def _change(self, verb: str, ids: Sequence[str]) -> _Request[Found[str]]:
        path = f"/api/v1/stable/tenants/{self._tenant}/tasks/{verb}"
        return _Request("POST", path, lambda found: list(found.get("ids") or ()), body={"externalIds": list(ids)})

    def _logs(self, task_id: str, limit: int) -> _Request[Found[LogLine]]:
        query = {"limit": limit, "order_by_direction": "ASC"}

        def read(found: Any) -> Found[LogLine]:
            return [LogLine.model_validate(row) for row in found.get("rows") or ()]

        return _Request("GET", f"/api/v1/stable/tasks/{task_id}/logs", read, query)


class Workers(_Rest):
    """Workers. Each method is there twice; errors as for `Runs`."""

    def list(self, statuses: Sequence[str] | None = None, limit: int = 50) -> Found[WorkerDetails]:
        """Workers of the last day.

        Args:
            statuses: only those that are ACTIVE, PAUSED or INACTIVE.
            limit: at most so many.
        """
        return self._send(self._list(statuses, limit))

    async def aio_list(self, statuses: Sequence[str] | None = None, limit: int = 50) -> Found[WorkerDetails]:
        """Workers of the last day; as `list`."""
        return await self._aio_send(self._list(statuses, limit))

    def get(self, worker_id: str) -> WorkerDetails:
        """A worker.

        Args:
            worker_id: its id.

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._get(worker_id))

    async def aio_get(self, worker_id: str) -> WorkerDetails:
        """A worker."""
        return await self._aio_send(self._get(worker_id))

    def pause(self, worker_id: str, paused: bool = True) -> WorkerDetails:
        """Gives a worker no new tasks; what it holds goes on.

        Args:
            worker_id: its id.
            paused: False to give it new tasks again.

        Returns:
            The worker as it is now.

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._pause(worker_id, paused))

    async def aio_pause(self, worker_id: str, paused: bool = True) -> WorkerDetails:
        """Gives a worker no new tasks; as `pause`."""
        return await self._aio_send(self._pause(worker_id, paused))

    def drain(self, worker_id: str) -> WorkerDetails:
        """Gives a worker no new tasks, so that it can be taken away; its `drain` is "DRAINED" once it holds nothing.

        Args:
            worker_id: its id. `pause(worker_id, False)` gives it new tasks again.

        Returns:
            The worker as it is now.

        Raises:
            RequestError: the server refused it (code 404: there is none of this id).
            ConnectionError: the server cannot be reached.
        """
        return self._send(self._drain(worker_id))

    async def aio_drain(self, worker_id: str) -> WorkerDetails:
        """Gives a worker no new tasks, so that it can be taken away; as `drain`."""
        return await self._aio_send(self._drain(worker_id))

    def _list(self, statuses: Sequence[str] | None, limit: int) -> _Request[Found[WorkerDetails]]:
        def read(found: Any) -> Found[WorkerDetails]:
            return [WorkerDetails.model_validate(row) for row in found.get("rows") or ()]

        query = {"statuses": statuses, "limit": limit}
        return _Request("GET", f"/api/v1/tenants/{self._tenant}/worker", read, query)

    def _get(self, worker_id: str) -> _Request[WorkerDetails]:
        return _Request("GET", f"/api/v1/workers/{worker_id}", WorkerDetails.model_validate)

    def _pause(self, worker_id: str, paused: bool) -> _Request[WorkerDetails]:
        body = {"isPaused": paused}
        return _Request("PATCH", f"/api/v1/workers/{worker_id}", WorkerDetails.model_validate, body=body)

    def _drain(self, worker_id: str) -> _Request[WorkerDetails]:
        body = {"drain": True}
        return _Request("PATCH", f"/api/v1/workers/{worker_id}", WorkerDetails.model_validate, body=body)


def login_link(client: Mattock) -> str:
    """A link that logs a person into the dashboard, once."""
    rest = _Rest(client)
    request: _Request[str] = _Request("POST", f"/api/v1/tenants/{rest._tenant}/login-links", lambda found: found["url"])
    return rest._send(request)
