"""Speaking to durable tasks, looking at what they recorded, and sending them back: over REST."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .duration import Duration, to_seconds
from .rest import _nothing, _Request, _Rest


@dataclass(frozen=True)
class RecordedStep:
    """A step that a durable task recorded.

    Attributes:
        node: its number, from 1; branch: of the history, from 1.
        kind: "RUN", "WAIT_FOR" or "MEMO".
        description: the step in words; label: the task's own name for it, or "".
        settled: it is over; payload: what came of it.
        current: it is what the task goes by, and not one that a fork has left behind.
        child_run_id: the run that it started, or "".
    """

    node: int
    branch: int
    kind: str
    description: str
    label: str
    settled: bool
    payload: Any
    current: bool
    child_run_id: str


@dataclass(frozen=True)
class PendingApproval:
    """What waits for a person's decision.

    Attributes:
        task_id, key: of whom and by what name.
        title: what is asked.
        workflow: name of the workflow.
        asked_at: since when.
        url: where a person can decide; whoever has it may.
    """

    task_id: str
    key: str
    title: str
    workflow: str
    asked_at: datetime
    url: str


class DurableTasks(_Rest):
    """Durable tasks. Each method is there twice: blocking, and as a coroutine with `aio_`.

    A task that is a workflow by itself has the id of its run. All raise `RequestError` if the server refuses (code
    404: no such task; 409: it has ended), and `ConnectionError` if it is not there.
    """

    def signal(self, task_id: str, name: str, data: Any = None, by: str = "") -> None:
        """Sends a signal; it is kept until the task waits for it (`ctx.aio_wait_for_signal`).

        Args:
            task_id: id of the task.
            name: of the signal.
            data: anything that JSON can hold.
            by: who sends it.
        """
        self._send(self._signal(task_id, name, data, by))

    async def aio_signal(self, task_id: str, name: str, data: Any = None, by: str = "") -> None:
        """Sends a signal; as `signal`."""
        await self._aio_send(self._signal(task_id, name, data, by))

    def update(self, task_id: str, name: str, data: Any = None, *, by: str = "", within: Duration = 20) -> Any:
        """Sends an update, and waits for the task's answer (`ctx.aio_reply`).

        Args:
            task_id: id of the task.
            name: of the update.
            data: anything that JSON can hold.
            by: who sends it.
            within: for how long to wait; the task takes it all the same if it comes later to it.

        Returns:
            The answer.
        """
        return self._send(self._update(task_id, name, data, by, within))

    async def aio_update(
        self, task_id: str, name: str, data: Any = None, *, by: str = "", within: Duration = 20
    ) -> Any:
        """Sends an update, and waits for the answer; as `update`."""
        return await self._aio_send(self._update(task_id, name, data, by, within))

    def query(self, task_id: str, name: str) -> Any:
        """The last value that a task has published (`ctx.aio_publish`), also of one that waits, or has ended.

        Args:
            task_id: id of the task.
            name: of the value.
        """
        return self._send(self._query(task_id, name))

    async def aio_query(self, task_id: str, name: str) -> Any:
        """The last value that a task has published; as `query`."""
        return await self._aio_send(self._query(task_id, name))

    def approvals(self) -> list[PendingApproval]:
        """What waits for a person's decision (`ctx.aio_wait_for_approval`), the oldest first."""
        return self._send(self._approvals())

    async def aio_approvals(self) -> list[PendingApproval]:
        """What waits for a person's decision; as `approvals`."""
        return await self._aio_send(self._approvals())

    def approve(
        self, task_id: str, key: str, *, by: str, approved: bool = True, comment: str = "", value: Any = None
    ) -> None:
        """Decides what a task asks.

        Args:
            task_id: id of the task.
            key: of the approval.
            by: who decides.
            approved: False to reject.
            comment: what they say to it.
            value: what they answer beside yes or no: anything that JSON can hold.
        """
        self._send(self._approve(task_id, key, by, approved, comment, value))

    async def aio_approve(
        self, task_id: str, key: str, *, by: str, approved: bool = True, comment: str = "", value: Any = None
    ) -> None:
        """Decides what a task asks; as `approve`."""
        await self._aio_send(self._approve(task_id, key, by, approved, comment, value))

    def history(self, task_id: str) -> list[RecordedStep]:
        """What a task has recorded, on all branches, by branch and node.

        Args:
            task_id: id of the task.
        """
        return self._send(self._history(task_id))

    async def aio_history(self, task_id: str) -> list[RecordedStep]:
        """What a task has recorded; as `history`."""
        return await self._aio_send(self._history(task_id))

    def fork(
        self, task_id: str, node: int, *, branch: int = 0, input: dict[str, Any] | None = None, result: Any = None
    ) -> None:
        """Runs a task again from a step on; what is recorded before it is kept.

        Args:
            task_id: id of the task, which may run or have ended.
            node: the first step that is done anew.
            branch: whose steps are kept, 0 for the newest.
            input: in place of the run's input.
            result: in place of what is recorded at `node`; what comes after it is done anew. Data of a wait are an
                object with a list for each key.
        """
        self._send(self._fork(task_id, node, branch, input, result))

    async def aio_fork(
        self, task_id: str, node: int, *, branch: int = 0, input: dict[str, Any] | None = None, result: Any = None
    ) -> None:
        """Runs a task again from a step on; as `fork`."""
        await self._aio_send(self._fork(task_id, node, branch, input, result))

    def restore(self, task_id: str) -> bool:
        """Brings a task that has left its worker back before its wait is over. Returns whether it had left."""
        return self._send(self._restore(task_id))

    async def aio_restore(self, task_id: str) -> bool:
        """Brings a task back before its wait is over; as `restore`."""
        return await self._aio_send(self._restore(task_id))

    # ---- requests

    def _of_task(self, task_id: str, rest: str) -> str:
        return f"/api/v1/stable/tasks/{task_id}/{rest}"

    def _signal(self, task_id: str, name: str, data: Any, by: str) -> _Request[None]:
        body = {"name": name, "data": data, "by": by}
        return _Request("POST", self._of_task(task_id, "signals"), _nothing, body=body)

    def _update(self, task_id: str, name: str, data: Any, by: str, within: Duration) -> _Request[Any]:
        body = {"name": name, "data": data, "by": by, "timeout": to_seconds(within, "within")}
        return _Request("POST", self._of_task(task_id, "updates"), lambda found: found["data"], body=body)

    def _query(self, task_id: str, name: str) -> _Request[Any]:
        return _Request("GET", self._of_task(task_id, f"published/{name}"), lambda found: found["data"])

    def _approvals(self) -> _Request[list[PendingApproval]]:
        server = self._client.settings.server_url
        return _Request(
            "GET",
            f"/api/v1/stable/tenants/{self._tenant}/approvals",
            lambda found: [
                PendingApproval(
                    task_id=row["taskExternalId"],
                    key=row["key"],
                    title=row["title"],
                    workflow=row["workflowName"],
                    asked_at=datetime.fromisoformat(row["askedAt"]),
                    url=f"{server}{row['url']}",
                )
                for row in found["rows"]
            ],
        )

    def _approve(self, task_id: str, key: str, by: str, approved: bool, comment: str, value: Any) -> _Request[None]:
        body = {"approved": approved, "by": by, "comment": comment, "value": value}
        return _Request("POST", self._of_task(task_id, f"approvals/{key}"), _nothing, body=body)

    def _history(self, task_id: str) -> _Request[list[RecordedStep]]:
        return _Request(
            "GET",
            f"/api/v1/stable/tenants/{self._tenant}/durable-tasks/{task_id}",
            lambda found: [
                RecordedStep(
                    node=row["nodeId"],
                    branch=row["branchId"],
                    kind=row["kind"],
                    description=row["description"],
                    label=row.get("userMessage") or "",
                    settled=row["isSatisfied"],
                    payload=row.get("payload"),
                    current=row["isCurrent"],
                    child_run_id=row.get("childRunExternalId") or "",
                )
                for row in found
            ],
        )

    def _fork(self, task_id: str, node: int, branch: int, input: dict[str, Any] | None, result: Any) -> _Request[None]:
        body = {"taskExternalId": task_id, "nodeId": node, "branchId": branch, "input": input, "result": result}
        path = f"/api/v1/stable/tenants/{self._tenant}/durable-tasks/branch"
        return _Request("POST", path, _nothing, body=body)

    def _restore(self, task_id: str) -> _Request[bool]:
        return _Request("POST", self._of_task(task_id, "restore"), lambda found: bool(found["requeued"]))
