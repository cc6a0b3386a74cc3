"""Workflows as the server knows them: found, paused, resumed, taken away. Over REST."""

from __future__ import annotations

from typing import Any, Literal

from .duration import Duration, to_seconds
from .record import WorkflowDetails
from .rest import Page, _nothing, _page, _Request, _Rest

Meanwhile = Literal["hold", "drop"]


class Workflows(_Rest):
    """Workflows of the tenant. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses (code 404: no such workflow), and `ConnectionError` if it is not
    there.
    """

    def list(self, name: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[WorkflowDetails]:
        """Workflows.

        Args:
            name: only those with this in their name.
            limit: at most so many, up to 1 000.
            cursor: the `next_cursor` of the page before.
        """
        return self._send(self._list(name, limit, cursor))

    async def aio_list(
        self, name: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[WorkflowDetails]:
        """Workflows; as `list`."""
        return await self._aio_send(self._list(name, limit, cursor))

    def get(self, workflow_id: str) -> WorkflowDetails:
        """A workflow."""
        return self._send(self._get(workflow_id))

    async def aio_get(self, workflow_id: str) -> WorkflowDetails:
        """A workflow."""
        return await self._aio_send(self._get(workflow_id))

    def pause(
        self,
        workflow_id: str,
        *,
        crons: Meanwhile = "hold",
        schedules: Meanwhile = "hold",
        patience: Duration | None = None,
    ) -> WorkflowDetails:
        """Pauses a workflow: what runs may end, what is queued or comes waits in its order until `resume`.

        Args:
            workflow_id: its id.
            crons: runs that crons start meanwhile: "hold": they wait; "drop": they are not started.
            schedules: runs that schedules start meanwhile, likewise.
            patience: a run that is held for so long is cancelled; None: never.

        Raises:
            ValueError: the patience is no duration.
        """
        return self._send(self._pause(workflow_id, crons, schedules, patience))

    async def aio_pause(
        self,
        workflow_id: str,
        *,
        crons: Meanwhile = "hold",
        schedules: Meanwhile = "hold",
        patience: Duration | None = None,
    ) -> WorkflowDetails:
        """Pauses a workflow; as `pause`."""
        return await self._aio_send(self._pause(workflow_id, crons, schedules, patience))

    def resume(self, workflow_id: str) -> WorkflowDetails:
        """Lets a paused workflow go on: what waits starts in its order."""
        return self._send(self._change(workflow_id, {"action": "unpause"}))

    async def aio_resume(self, workflow_id: str) -> WorkflowDetails:
        """Lets a paused workflow go on; as `resume`."""
        return await self._aio_send(self._change(workflow_id, {"action": "unpause"}))

    def delete(self, workflow_id: str) -> None:
        """Takes a workflow away, with its crons; its runs stay. A worker that registers it brings it back."""
        self._send(self._delete(workflow_id))

    async def aio_delete(self, workflow_id: str) -> None:
        """Takes a workflow away; as `delete`."""
        await self._aio_send(self._delete(workflow_id))

    def _list(self, name: str | None, limit: int, cursor: str | None) -> _Request[Page[WorkflowDetails]]:
        query = {"name": name, "limit": limit, "cursor": cursor}
        return _Request("GET", f"/api/v1/tenants/{self._tenant}/workflows", _page(WorkflowDetails), query)

    def _get(self, workflow_id: str) -> _Request[WorkflowDetails]:
        return _Request("GET", f"/api/v1/workflows/{workflow_id}", WorkflowDetails.model_validate)

    def _pause(
        self, workflow_id: str, crons: Meanwhile, schedules: Meanwhile, patience: Duration | None
    ) -> _Request[WorkflowDetails]:
        behavior = {"hold": "QUEUE", "drop": "DROP"}
        pause = {
            "action": "pause",
            "pausedWorkflowCronRunQueueBehavior": behavior[crons],
            "pausedWorkflowScheduledRunQueueBehavior": behavior[schedules],
        }
        if patience is not None:
            pause["pausedWorkflowQueueTTL"] = f"{round(to_seconds(patience, 'patience') * 1000)}ms"
        return self._change(workflow_id, pause)

    def _change(self, workflow_id: str, pause: dict[str, Any]) -> _Request[WorkflowDetails]:
        path = f"/api/v1/workflows/{workflow_id}"
        return _Request("PATCH", path, WorkflowDetails.model_validate, body={"pause": pause})

    def _delete(self, workflow_id: str) -> _Request[None]:
        return _Request("DELETE", f"/api/v1/workflows/{workflow_id}", _nothing)
