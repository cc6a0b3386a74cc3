"""`mattock rate-limits`: list, put and delete rate limits."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .option import TEXT, AsJson, Limit
from .output import age, print_json, print_table
from .rest import Rest

app = typer.Typer(help="How many units a key may use up in a window of time.", no_args_is_help=True)
Key = Annotated[str, typer.Argument(help="Key of the rate limit.")]


class Window(StrEnum):
    """Lengths of windows."""

    second = "second"
    minute = "minute"
    hour = "hour"
    day = "day"
    week = "week"
    month = "month"
    year = "year"


@app.command("list")
def list_limits(
    search: Annotated[str, typer.Option(help="Only keys with this text.")] = "",
    limit: Limit = 100,
    as_json: AsJson = TEXT,
) -> None:
    """List rate limits, with what is left of each."""
    rest = Rest()
    rows = rest.rows(f"{rest.tenant}/rate-limits", search=search, limit=limit)
    if as_json:
        print_json(rows)
        return
    table = [
        (row["key"], f"{row['value']} of {row['limitValue']}", row["window"], age(row["lastRefill"])) for row in rows
    ]
    print_table(("KEY", "LEFT", "WINDOW", "REFILLED"), table, "No rate limits.")


@app.command("put")
def put_limit(
    key: Key,
    units: Annotated[int, typer.Argument(min=0, help="Units in a window.")],
    window: Annotated[Window, typer.Option(help="Length of the window.")] = Window.second,
    as_json: AsJson = TEXT,
) -> None:
    """Declare a rate limit, or change it."""
    rest = Rest()
    body = {"key": key, "limit": units, "duration": window.value.upper()}
    rest.put(f"{rest.tenant}/rate-limits", body)
    print_json(body) if as_json else print(f"{key}: {units} a {window.value}.")


@app.command("delete")
def delete_limit(key: Key, as_json: AsJson = TEXT) -> None:
    """Forget a rate limit; refused while tasks wait for it."""
    rest = Rest()
    rest.delete(f"{rest.tenant}/rate-limits", key=key)
    print_json({"deleted": key}) if as_json else print("Deleted.")
