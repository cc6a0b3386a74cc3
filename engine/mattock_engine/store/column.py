"""Rows as columns, for set-based statements; and which columns each statement takes, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec


class Columns:
    """The columns of a statement.

    Args:
        names: attributes of the rows, in the order of the statement's arguments. `name?`: what is empty ("", 0) is
            null. `name:json`: written as JSON, null if empty.
    """

    __slots__ = ("_columns",)

    def __init__(self, names: str) -> None:
        # One comprehension a column, as by hand: this is done for every task, and reading attributes by their names
        # costs twice as much.
        columns = ", ".join(f"[{_value(name)} for row in rows]" for name in names.split())
        self._columns: Callable[[list[Any]], list[Any]] = eval(f"lambda rows: [{columns}]", {"as_json": as_json})

    def of(self, rows: Iterable[Any]) -> list[Any]:
        """The columns of some rows, as they are now: rows go on changing while a transaction is on its way."""
        return self._columns(list(rows))


def _value(name: str) -> str:
    """A column's value, as an expression over `row`."""
    if name.endswith(":json"):
        value = f"row.{name.removesuffix(':json')}"
        return f"as_json({value}) if {value} else None"
    return f"row.{name.removesuffix('?')} or None" if name.endswith("?") else f"row.{name}"


def as_json(value: Any) -> str:
    """JSON text."""
    return msgspec.json.encode(value).decode()


# Of runs, as `commit_v1` and the statements beside it take them.
INSERTED = Columns("""
    run_id kind root_id? workflow_id version_id task_name? status attempt priority queue_id sort_key input? metadata?
    error? skipped worker_id? parent_task_id? parent_run_id? child_key? extra:json created_at queued_at? assigned_at?
    started_at? finished_at? due_at?
""")
UPDATED = Columns("""
    run_id status attempt app_failures reassignments queue_id sort_key output? error? skipped slot_released worker_id?
    extra:json queued_at? assigned_at? started_at? finished_at? due_at?
""")
FINISHED = Columns("""
    run_id status attempt app_failures reassignments output? error? skipped worker_id? extra:json queued_at?
    assigned_at? started_at? finished_at
""")
BORN_FINAL = Columns("""
    run_id kind root_id? workflow_id version_id task_name? status attempt app_failures reassignments priority queue_id
    sort_key input? metadata? output? error? skipped worker_id? parent_task_id? parent_run_id? child_key? extra:json
    created_at queued_at? assigned_at? started_at? finished_at
""")

# Of everything else, as `queries/write.sql` takes it.
PAUSES = Columns("workflow_id paused since drop_crons drop_schedules patience task_name")
CLAIMS = Columns("key run_id until until_end")
STEPS = Columns("""
    task_id branch node kind fingerprint what label child_id? conditions:json met:json invocation recorded_at order
    settled_at payload? failed
""")
CRONS = Columns("""
    cron_id workflow expression name timezone input metadata priority enabled declared missed overlap jitter created_at
    next_at last_run_id? pending problem
""")
SCHEDULES = Columns("""
    schedule_id workflow at input metadata? priority parent_task_id? child_key created_at run_id? problem
""")
USER_EVENTS = Columns("event.event_id at event.key event.payload event.metadata? event.scope? event.priority")
RATES = Columns("key limit window value began_at paused_until declared")
EVENTS = Columns("task_id run_id attempt kind at message error worker_id?")
LOGS = Columns("task_id attempt at level message fields")
