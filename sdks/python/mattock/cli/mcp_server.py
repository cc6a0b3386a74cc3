"""`mattock mcp`: a server of the Model Context Protocol: assistants look at runs, and act on them if they may."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from .error import CommandError
from .rest import Rest

ENDED = ("COMPLETED", "FAILED", "CANCELLED")
MAX_ROWS = 100
MAX_WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.25
INSTRUCTIONS = """Mattock runs durable tasks and workflows. A run executes a workflow; its tasks have attempts.
Begin with list_runs (statuses QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED), then get_run for one of them. A task that
waits says why with explain_wait. Times are UTC."""


class Tools:
    """What the assistant can do: each method is a tool, its docstring what the assistant reads of it."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def list_runs(
        self, status: str = "", workflow: str = "", hours: float = 24, metadata: str = "", limit: int = 20
    ) -> list[dict[str, Any]]:
        """Lists runs, the newest first.

        Args:
            status: only with this one: QUEUED, RUNNING, COMPLETED, FAILED or CANCELLED.
            workflow: only of the workflow of this name.
            hours: only those of the last so many hours.
            metadata: only with this pair, written key:value.
            limit: at most so many, up to 100.
        """
        since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
        rows = self._rest.get(
            f"{self._rest.stable}/workflow-runs",
            since=since,
            only_tasks=False,
            limit=max(1, min(limit, MAX_ROWS)),
            statuses=[status.upper()] if status else None,
            workflow_ids=[self._rest.workflow_id(workflow)] if workflow else None,
            additional_metadata=[metadata] if metadata else None,
        )["rows"]
        return [_brief(row) for row in rows]

    def get_run(self, run_id: str) -> dict[str, Any]:
        """Gives a run with its input, its tasks, their outputs and errors, and what happened."""
        found = self._rest.get(f"/api/v1/stable/workflow-runs/{run_id}")
        return {
            "run": {**_brief(found["run"]), "input": found["run"]["input"], "output": found["run"].get("output")},
            "tasks": [
                {**_brief(task), "output": task["output"], "error": task.get("errorMessage")} for task in found["tasks"]
            ],
            "events": [
                {"at": event["timestamp"], "what": event["eventType"], "message": event["message"]}
                for event in found["taskEvents"]
            ],
        }

    def read_logs(self, task_id: str, search: str = "", limit: int = 100) -> list[str]:
        """Reads lines of a task's log (for a run of one task, by the run's id); of a search, those with its text."""
        rows = self._rest.get(
            f"/api/v1/stable/tasks/{task_id}/logs", limit=max(1, min(limit, 1000)), search=search or None
        )["rows"]
        return [f"{row['createdAt']} {row['level']} {row['message']}" for row in rows or []]

    def explain_wait(self, task_id: str) -> str:
        """Says why a task (for a run of one task, by the run's id) waits: a slot, a limit, a pause, an event, …"""
        task = self._rest.get(f"/api/v1/stable/tasks/{task_id}")
        return str(task.get("waitReason") or f"it does not wait: it is {task['status']}")

    def list_children(self, run_id: str) -> list[dict[str, Any]]:
        """Lists the runs that the tasks of a run have started."""
        found = self._rest.get(f"/api/v1/stable/workflow-runs/{run_id}")
        since = found["run"].get("createdAt") or found["run"]["metadata"]["createdAt"]
        rows: list[dict[str, Any]] = []
        for task in found["tasks"]:
            rows += self._rest.rows(
                f"{self._rest.stable}/workflow-runs",
                since=since,
                only_tasks=False,
                limit=MAX_ROWS,
                parent_task_external_id=task["taskExternalId"],
            )
        return [_brief(row) for row in rows]

    def list_alerts(self, active: bool = True) -> list[dict[str, Any]]:
        """Lists alerts that hold (or, with active false, all that have fired), with what they found."""
        rows = self._rest.rows(f"{self._rest.stable}/alerts", active=active or None, limit=MAX_ROWS)
        names = ("rule", "state", "summary", "details", "firedAt", "resolvedAt")
        return [{name: row[name] for name in names if row.get(name) is not None} for row in rows]

    def list_workflows(self, name: str = "") -> list[dict[str, Any]]:
        """Lists workflows, only those with a text in their names if one is given."""
        rows = self._rest.get(f"{self._rest.tenant}/workflows", name=name or None, limit=MAX_ROWS)["rows"]
        return [{"name": row["name"], "id": row["metadata"]["id"], "paused": row.get("isPaused")} for row in rows]

    def list_workers(self) -> list[dict[str, Any]]:
        """Lists connected workers, with their slots and what they run."""
        rows = self._rest.get(f"{self._rest.tenant}/worker", statuses=["ACTIVE", "PAUSED"], limit=MAX_ROWS)["rows"]
        return [
            {"name": row["name"], "status": row["status"], "slots": row["slotConfig"], "actions": row["actions"]}
            for row in rows or []
        ]

    def wait_for_run(self, run_id: str, seconds: float = 30) -> dict[str, Any]:
        """Waits until a run has ended, for up to 120 seconds, and gives it as get_run does."""
        deadline = time.monotonic() + min(seconds, MAX_WAIT_SECONDS)
        while time.monotonic() < deadline:
            if self._rest.get(f"/api/v1/stable/workflow-runs/{run_id}/status") in ENDED:
                break
            time.sleep(_POLL_SECONDS)
        return self.get_run(run_id)

    def start_run(self, workflow: str, input: str = "{}") -> dict[str, Any]:
        """Starts a run of a workflow with an input (the text of a JSON object); gives its id."""
        try:
            data = json.loads(input)
        except ValueError as error:
            raise CommandError(f"input: is not JSON: {error}") from None
        body = {"workflowName": workflow, "input": data}
        made = self._rest.post(f"{self._rest.stable}/workflow-runs/trigger", body)
        return _brief(made["run"])

    def cancel_runs(self, run_ids: list[str]) -> list[str]:
        """Cancels runs; gives the ids of those that were cancelled."""
        return list(self._rest.post(f"{self._rest.stable}/tasks/cancel", {"externalIds": run_ids})["ids"])

    def replay_runs(self, run_ids: list[str]) -> list[str]:
        """Runs ended runs again, with what they had as input; gives the ids of those that are run again."""
        return list(self._rest.post(f"{self._rest.stable}/tasks/replay", {"externalIds": run_ids})["ids"])

    @property
    def reading(self) -> list[Callable[..., Any]]:
        """Tools that change nothing."""
        looking: list[Callable[..., Any]] = [self.list_runs, self.get_run, self.read_logs, self.explain_wait]
        looking += [self.list_children, self.list_workflows, self.list_workers, self.list_alerts, self.wait_for_run]
        return looking

    @property
    def writing(self) -> list[Callable[..., Any]]:
        """Tools that change something."""
        return [self.start_run, self.cancel_runs, self.replay_runs]


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    names = ("displayName", "status", "createdAt", "startedAt", "finishedAt", "workflowName", "attempt")
    found = {name: row[name] for name in names if row.get(name) is not None}
    found["id"] = row.get("taskExternalId") or row["metadata"]["id"]
    if row.get("errorMessage"):
        found["problem"] = row["errorMessage"].split("\n")[0]
    if row.get("additionalMetadata"):
        found["metadata"] = row["additionalMetadata"]
    return found


def mcp(
    write: Annotated[
        bool, typer.Option("--write", help="Offer tools that start, cancel and replay runs, too.")
    ] = False,
) -> None:
    """Serve the Model Context Protocol on standard input and output; read-only unless told otherwise."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ImportError:
        raise CommandError("the protocol's library is not installed: pip install 'mattock[mcp]'") from None
    server = MCPServer("mattock", instructions=INSTRUCTIONS)
    tools = Tools(Rest())

    def offer(tool: Callable[..., Any], read_only: bool) -> None:
        @functools.wraps(tool)
        def told(*arguments: Any, **named: Any) -> Any:
            try:
                return tool(*arguments, **named)
            except CommandError as error:
                # What is not said to be told, the library keeps to itself.
                raise ToolError(str(error)) from None

        server.tool(annotations=ToolAnnotations(read_only_hint=read_only))(told)

    for tool in tools.reading:
        offer(tool, read_only=True)
    for tool in tools.writing if write else ():
        offer(tool, read_only=False)
    server.run("stdio")
