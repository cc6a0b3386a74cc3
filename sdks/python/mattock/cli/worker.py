"""`mattock workers`: which workers there are."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .output import age, print_json, print_table, status
from .rest import Rest

app = typer.Typer(help="Look at workers.", no_args_is_help=True)


def _slots(worker: dict[str, Any]) -> str:
    config = worker.get("slotConfig") or {}
    return ", ".join(
        f"{kind} {slots['limit'] - slots.get('available', slots['limit'])}/{slots['limit']}"
        for kind, slots in sorted(config.items())
    )


@app.command("list")
def list_workers(
    everything: Annotated[bool, typer.Option("--all", "-a", help="Those that are gone, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most this many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List workers, with their slots in use."""
    rest = Rest()
    wanted = None if everything else ["ACTIVE", "PAUSED"]
    rows = rest.get(f"{rest.tenant}/worker", limit=limit, statuses=wanted).get("rows") or []
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row["metadata"]["id"],
            row["name"],
            status(row.get("status") or "INACTIVE"),
            _slots(row),
            age(row.get("lastHeartbeatAt")),
            ", ".join(row.get("actions") or []),
        )
        for row in rows
    ]
    columns = ("WORKER", "NAME", "STATUS", "SLOTS USED", "SEEN", "ACTIONS")
    print_table(columns, table, "No workers." if everything else "No workers are connected. `--all` shows those gone.")
