"""The source: what the live view shows, read from the server; the one place that knows how it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ..rest import Rest

T = TypeVar("T")
Row = dict[str, Any]
RUNS = 200
LOG_LINES = 200
_RATE_SECONDS = 60
_HISTORY = timedelta(minutes=30)


@dataclass
class Wanted:
    """What of the runs is wanted.

    Attributes:
        status: only this one; "" for all.
        workflow: id of the only one; "" for all.
        since: how far back.
    """

    status: str = ""
    workflow: str = ""
    since: timedelta = timedelta(days=1)


@dataclass
class Overview:
    """The tenant in a few numbers.

    Attributes:
        queued: tasks that wait.
        running: tasks that run.
        failed: of the last hour.
        rate: tasks that ended a second, over the last minute.
        history: tasks that ended, by slices of the last half hour, the newest last.
        problems: of these, those that failed.
    """

    queued: int = 0
    running: int = 0
    failed: int = 0
    rate: float = 0.0
    history: list[float] = field(default_factory=list)
    problems: list[float] = field(default_factory=list)


@dataclass
class RunPage:
    """A run with its tasks, and the end of the log of one of them."""

    run: Row
    tasks: list[Row]
    log: list[Row]
    wait_reason: str


class Source:
    """Reads, off the event loop.

    Args:
        rest: the server.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    @property
    def server(self) -> str:
        """The server's address."""
        return self._rest.connection.server_url

    async def overview(self) -> Overview:
        """The tenant in a few numbers."""
        return await _aside(self._overview)

    async def runs(self, wanted: Wanted) -> list[Row]:
        """Runs, the newest first."""
        return await _aside(lambda: self._runs(wanted))

    async def workflows(self) -> list[Row]:
        """Workflows, with how many of their tasks wait (`queued`) and run (`running`)."""
        return await _aside(self._workflows)

    async def workers(self) -> list[Row]:
        """Connected workers."""
        return await _aside(
            lambda: self._rows(f"{self._rest.tenant}/worker", statuses=["ACTIVE", "PAUSED"], limit=RUNS)
        )

    async def run(self, run_id: str, task_id: str = "") -> RunPage:
        """A run, with the log of a task of it; of the first one if none is named."""
        return await _aside(lambda: self._run(run_id, task_id))

    async def cancel(self, run_id: str) -> None:
        """Cancels a run."""
        await _aside(lambda: self._rest.post(f"{self._rest.stable}/tasks/cancel", {"externalIds": [run_id]}))

    async def replay(self, run_id: str) -> None:
        """Runs a run again."""
        await _aside(lambda: self._rest.post(f"{self._rest.stable}/tasks/replay", {"externalIds": [run_id]}))

    def _rows(self, path: str, **query: Any) -> list[Row]:
        return self._rest.get(path, **query).get("rows") or []

    def _overview(self) -> Overview:
        now = datetime.now(UTC)
        total = self._rest.get(f"{self._rest.tenant}/queue-metrics")["total"]
        hour = self._rest.get(f"{self._rest.stable}/task-metrics", since=(now - timedelta(hours=1)).isoformat())
        points = f"{self._rest.stable}/task-point-metrics"
        history = self._rest.get(points, createdAfter=(now - _HISTORY).isoformat(), finishedBefore=now.isoformat())
        slices = {round(datetime.fromisoformat(each["time"]).timestamp()): each for each in history["results"]}
        length = round(history["seconds"])
        # Slices begin at multiples of their length; those in which nothing ended are not sent.
        last = int(now.timestamp()) // length * length
        times = range(last - int(_HISTORY.total_seconds()) + length, last + length, length)
        done = [_ended(slices.get(at)) for at in times]
        return Overview(
            queued=total["numQueued"],
            running=total["numRunning"],
            failed=next((each["count"] for each in hour if each["status"] == "FAILED"), 0),
            rate=sum(done[-1 - _RATE_SECONDS // length : -1]) / _RATE_SECONDS,
            history=done,
            problems=[float(slices[at]["FAILED"]) if at in slices else 0.0 for at in times],
        )

    def _runs(self, wanted: Wanted) -> list[Row]:
        return self._rows(
            f"{self._rest.stable}/workflow-runs",
            since=(datetime.now(UTC) - wanted.since).isoformat(),
            only_tasks=False,
            limit=RUNS,
            statuses=[wanted.status] if wanted.status else None,
            workflow_ids=[wanted.workflow] if wanted.workflow else None,
            include_payloads=False,
        )

    def _workflows(self) -> list[Row]:
        counts = self._rest.get(f"{self._rest.tenant}/queue-metrics")["workflow"]
        rows = self._rows(f"{self._rest.tenant}/workflows", limit=RUNS)
        for row in rows:
            own = counts.get(row["metadata"]["id"], {})
            row["queued"], row["running"] = own.get("numQueued", 0), own.get("numRunning", 0)
        return rows

    def _run(self, run_id: str, task_id: str) -> RunPage:
        found = self._rest.get(f"/api/v1/stable/workflow-runs/{run_id}")
        tasks = found["tasks"]
        chosen = task_id or (tasks[0]["taskExternalId"] if tasks else "")
        log: list[Row] = []
        reason = ""
        if chosen:
            path = f"/api/v1/stable/tasks/{chosen}"
            log = self._rows(f"{path}/logs", limit=LOG_LINES, order_by_direction="DESC")[::-1]
            if found["run"]["status"] in ("QUEUED", "RUNNING"):
                reason = self._rest.get(path).get("waitReason") or ""
        return RunPage(found["run"], tasks, log, reason)


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


def _ended(point: Row | None) -> float:
    return 0.0 if point is None else float(point["SUCCEEDED"] + point["FAILED"] + point["CANCELLED"])
