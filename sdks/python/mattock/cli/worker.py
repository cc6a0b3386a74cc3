"""`mattock workers`: which workers there are; pausing and draining them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .error import CommandError
from .option import TEXT, AsJson, Limit
from .output import age, print_json, print_table, status
from .rest import Rest

app = typer.Typer(help="Look at workers, pause and drain them.", no_args_is_help=True)


def _slots(worker: dict[str, Any]) -> str:
    config = worker.get("slotConfig") or {}
    return ", ".join(
        f"{kind} {slots['limit'] - slots.get('available', slots['limit'])}/{slots['limit']}"
        for kind, slots in sorted(config.items())
    )


@app.command("list")
def list_workers(
    everything: Annotated[bool, typer.Option("--all", "-a", help="Those that are gone, too.")] = False,
    limit: Limit = 100,
    as_json: AsJson = TEXT,
) -> None:
    """List workers, with their slots in use."""
    rest = Rest()
    wanted = None if everything else ["ACTIVE", "PAUSED"]
    rows = rest.rows(f"{rest.tenant}/worker", limit=limit, statuses=wanted)
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row["name"],
            status(row.get("drain") or row.get("status") or "INACTIVE"),
            _slots(row),
            age(row.get("lastHeartbeatAt")),
            ", ".join(row.get("actions") or []),
        )
        for row in rows
    ]
    columns = ("WORKER", "NAME", "STATUS", "SLOTS USED", "SEEN", "ACTIONS")
    print_table(columns, table, "No workers." if everything else "No workers are connected. `--all` shows those gone.")


WorkerId = Annotated[str, typer.Argument(help="Id of the worker.", metavar="WORKER")]


@app.command("get")
def get_worker(worker_id: WorkerId, as_json: AsJson = TEXT) -> None:
    """Show a worker (as JSON)."""
    print_json(Rest().get(f"/api/v1/workers/{worker_id}"))


@app.command("pause")
def pause_worker(worker_id: WorkerId, as_json: AsJson = TEXT) -> None:
    """Pause a worker: what it runs goes on, it gets nothing new."""
    _change(worker_id, {"isPaused": True}, bool(as_json))


@app.command("drain")
def drain_worker(worker_id: WorkerId, as_json: AsJson = TEXT) -> None:
    """Give a worker no new tasks, and show it as drained once it holds nothing: then it can be taken away."""
    _change(worker_id, {"drain": True}, bool(as_json))


@app.command("resume")
def resume_worker(worker_id: WorkerId, as_json: AsJson = TEXT) -> None:
    """Let a paused worker go on."""
    _change(worker_id, {"isPaused": False}, bool(as_json))


def _change(worker_id: str, body: dict[str, bool], as_json: bool) -> None:
    found = Rest().patch(f"/api/v1/workers/{worker_id}", body)
    if found["status"] == "INACTIVE":
        raise CommandError(f"{found['name']} was not heard of lately, and cannot be paused, drained or resumed")
    state = found.get("drain") or found["status"]
    print_json(found) if as_json else print(f"{found['name']} is {state.lower()}.")
