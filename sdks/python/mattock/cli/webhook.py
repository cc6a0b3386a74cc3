"""`mattock webhooks`: which incoming webhooks there are."""

from __future__ import annotations

import typer

from .option import TEXT, AsJson, Limit
from .output import print_json, print_table
from .rest import Rest

app = typer.Typer(help="Look at incoming webhooks.", no_args_is_help=True)


@app.command("list")
def list_webhooks(limit: Limit = 100, as_json: AsJson = TEXT) -> None:
    """List incoming webhooks, with the URL that each is sent to."""
    rest = Rest()
    rows = rest.rows(f"{rest.stable}/webhooks", limit=limit)
    if as_json:
        print_json(rows)
        return
    base = f"{rest.connection.server_url}{rest.stable}/webhooks"
    table = [
        (
            row["name"],
            row["sourceName"],
            row["authType"],
            row["accepted"],
            sum(row["refused"].values()),
            f"{base}/{row['name']}",
        )
        for row in rows
    ]
    print_table(("WEBHOOK", "SOURCE", "AUTH", "ACCEPTED", "REFUSED", "URL"), table, "No webhooks.")
