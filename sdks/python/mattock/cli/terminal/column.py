"""What the tables of the live view show."""

from __future__ import annotations

from rich.text import Text

from ..output import age, duration, status
from .listing import Column, Row

WIDE, MIDDLE, NARROW = 110, 80, 60


def _took(row: Row) -> str:
    took = row.get("duration")
    return duration(None if took is None else took / 1000)


def _problem(row: Row) -> str:
    return (row.get("errorMessage") or "").strip().split("\n")[0][:60]


def _slots(row: Row) -> str:
    return ", ".join(
        f"{kind} {slots['limit'] - slots.get('available', slots['limit'])}/{slots['limit']}"
        for kind, slots in sorted((row.get("slotConfig") or {}).items())
    )


def _count(name: str, style: str) -> Column:
    return Column(name.capitalize(), lambda row: Text(str(row[name]), style=style if row[name] else "dim"))


RUN_COLUMNS = (
    Column("Status", lambda row: status(row["status"])),
    Column("Workflow", lambda row: row.get("workflowName") or row["displayName"]),
    Column("Age", lambda row: age(row["createdAt"])),
    Column("Took", _took, NARROW),
    Column("Run", lambda row: row["metadata"]["id"], MIDDLE),
    Column("Problem", _problem, WIDE),
)
TASK_COLUMNS = (
    Column("Status", lambda row: status(row["status"])),
    Column("Task", lambda row: row["displayName"]),
    Column("Attempt", lambda row: str(row.get("attempt") or 1), NARROW),
    Column("Took", _took),
    Column("Problem", _problem, MIDDLE),
)
WORKFLOW_COLUMNS = (
    Column("Workflow", lambda row: row["name"]),
    _count("queued", "yellow"),
    _count("running", "cyan"),
    Column("State", lambda row: status("PAUSED") if row.get("isPaused") else Text("active", style="green"), NARROW),
    Column("Declared", lambda row: age(row["metadata"]["createdAt"]), MIDDLE),
)
WORKER_COLUMNS = (
    Column("Status", lambda row: status(row.get("status") or "INACTIVE")),
    Column("Worker", lambda row: row["name"]),
    Column("Slots used", _slots),
    Column("Seen", lambda row: age(row.get("lastHeartbeatAt")), NARROW),
    Column("Actions", lambda row: ", ".join(row.get("actions") or [])[:80], WIDE),
)
