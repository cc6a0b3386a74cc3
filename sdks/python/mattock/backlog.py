"""Queues and limits of the tenant: what waits and why, who holds places, what may be at once. Over REST."""

from __future__ import annotations

from typing import Any, Literal

from .record import ConcurrencyKey, TenantLimits, WaitingTasks
from .rest import Found, _nothing, _Request, _Rest

WhenFull = Literal["reject", "drop_oldest"]


class Queues(_Rest):
    """Queues of the tenant. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses (code 404: no such workflow), and `ConnectionError` if it is not
    there.
    """

    def waiting(self) -> Found[WaitingTasks]:
        """How many tasks wait, by workflow, task and reason, the most first. Cheap, however many there are."""
        return self._send(self._waiting())

    async def aio_waiting(self) -> Found[WaitingTasks]:
        """How many tasks wait; as `waiting`."""
        return await self._aio_send(self._waiting())

    def concurrency(self, search: str = "", workflow_id: str | None = None, limit: int = 1000) -> Found[ConcurrencyKey]:
        """Keys of concurrency limits that somebody holds or waits for.

        Args:
            search: a part of the key.
            workflow_id: only limits of this workflow.
            limit: at most so many, up to 1 000.
        """
        return self._send(self._concurrency(search, workflow_id, limit))

    async def aio_concurrency(
        self, search: str = "", workflow_id: str | None = None, limit: int = 1000
    ) -> Found[ConcurrencyKey]:
        """Keys of concurrency limits; as `concurrency`."""
        return await self._aio_send(self._concurrency(search, workflow_id, limit))

    def pause(self, workflow_id: str, task: str) -> None:
        """Pauses the queue of one task of a workflow: what runs goes on, what is queued waits in its order.

        Args:
            workflow_id: id of the workflow.
            task: name of the task.
        """
        self._send(self._pause(workflow_id, task, True))

    async def aio_pause(self, workflow_id: str, task: str) -> None:
        """Pauses the queue of one task; as `pause`."""
        await self._aio_send(self._pause(workflow_id, task, True))

    def resume(self, workflow_id: str, task: str) -> None:
        """Lets the queue of one task of a workflow go on."""
        self._send(self._pause(workflow_id, task, False))

    async def aio_resume(self, workflow_id: str, task: str) -> None:
        """Lets the queue of one task of a workflow go on."""
        await self._aio_send(self._pause(workflow_id, task, False))

    def get_limits(self) -> TenantLimits:
        """What the tenant may have at once; for admins."""
        return self._send(self._limits("GET", None))

    async def aio_get_limits(self) -> TenantLimits:
        """What the tenant may have at once; for admins."""
        return await self._aio_send(self._limits("GET", None))

    def put_limits(
        self,
        *,
        max_queued: int | None = None,
        when_full: WhenFull = "reject",
        max_running: int | None = None,
        pace: float | None = None,
    ) -> TenantLimits:
        """Sets what the tenant may have at once; for admins. What is not given is not limited.

        Args:
            max_queued: tasks that are queued, when a run is started.
            when_full: what becomes of one more: "reject": it is refused, with a `TriggerError` of code 8
                (RESOURCE_EXHAUSTED); "drop_oldest": the oldest runs that have not begun are cancelled for it.
            max_running: tasks that run; others wait.
            pace: tasks that start a second, spread evenly; others wait.
        """
        return self._send(self._limits("PUT", _limits(max_queued, when_full, max_running, pace)))

    async def aio_put_limits(
        self,
        *,
        max_queued: int | None = None,
        when_full: WhenFull = "reject",
        max_running: int | None = None,
        pace: float | None = None,
    ) -> TenantLimits:
        """Sets what the tenant may have at once; as `put_limits`."""
        return await self._aio_send(self._limits("PUT", _limits(max_queued, when_full, max_running, pace)))

    def _waiting(self) -> _Request[Found[WaitingTasks]]:
        path = f"/api/v1/stable/tenants/{self._tenant}/waiting"
        return _Request("GET", path, lambda found: [WaitingTasks.model_validate(row) for row in found["rows"]])

    def _concurrency(self, search: str, workflow_id: str | None, limit: int) -> _Request[Found[ConcurrencyKey]]:
        path = f"/api/v1/stable/tenants/{self._tenant}/concurrency"
        query = {"search": search, "workflow": workflow_id, "limit": limit}
        return _Request("GET", path, lambda found: [ConcurrencyKey.model_validate(row) for row in found["rows"]], query)

    def _pause(self, workflow_id: str, task: str, paused: bool) -> _Request[None]:
        path = f"/api/v1/workflows/{workflow_id}/queues/{task}"
        return _Request("PATCH", path, _nothing, body={"isPaused": paused})

    def _limits(self, method: str, body: dict[str, Any] | None) -> _Request[TenantLimits]:
        return _Request(method, f"/api/v1/tenants/{self._tenant}/limits", TenantLimits.model_validate, body=body)


def _limits(max_queued: int | None, when_full: WhenFull, max_running: int | None, pace: float | None) -> dict[str, Any]:
    return {"maxQueued": max_queued, "whenFull": when_full.upper(), "maxRunning": max_running, "pace": pace}
