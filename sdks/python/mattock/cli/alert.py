"""`mattock alerts`: what has fired."""

from __future__ import annotations

from typing import Annotated

import typer

from .option import TEXT, AsJson, Limit
from .output import age, print_json, print_table, status
from .rest import Rest

app = typer.Typer(help="Look at alerts.", no_args_is_help=True)


@app.command("list")
def list_alerts(
    active: Annotated[bool, typer.Option("--active", help="Only those that hold.")] = False,
    limit: Limit = 50,
    as_json: AsJson = TEXT,
) -> None:
    """List alerts that have fired: those that hold first, then the newest."""
    rest = Rest()
    rows = rest.rows(f"{rest.stable}/alerts", active=active or None, limit=limit)
    if as_json:
        print_json(rows)
        return
    table = [(row["rule"], status(row["state"]), age(row["firedAt"]), row["summary"]) for row in rows]
    print_table(("RULE", "STATE", "FIRED", "WHAT"), table, "No alert holds." if active else "No alert has fired.")
