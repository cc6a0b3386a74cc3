"""Printing: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

STATUS_STYLES = {
    "QUEUED": "yellow",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "FAILED": "red",
    "CANCELLED": "magenta",
    "ACTIVE": "green",
    "PAUSED": "yellow",
    "INACTIVE": "dim",
    "DRAINING": "yellow",
    "DRAINED": "dim",
    "SCHEDULED": "yellow",
    "SUCCEEDED": "green",
    "FIRING": "red",
    "RESOLVED": "dim",
}
# A table that goes to a file or a pipe is not cut to a screen that is not there.
PLAIN_WIDTH = 240
console = Console(highlight=False)


def print_json(value: Any, *, indent: bool = True) -> None:
    """Prints JSON for a program; indented if a person seems to look, unless that is not wanted."""
    wide = indent and console.is_terminal
    print(json.dumps(value, indent=2 if wide else None, ensure_ascii=False, default=str), flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """Prints a table; `empty` in its place when there are no rows. Not cut when it goes to a file or a pipe."""
    if not rows:
        console.print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, overflow="fold" if number == 0 else "ellipsis", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(item if isinstance(item, Text) else str(item) for item in row))
    if console.is_terminal:
        console.print(table)
    else:
        Console(highlight=False, width=PLAIN_WIDTH).print(table)


def status(name: str) -> Text:
    """A status in its colour."""
    return Text(name, style=STATUS_STYLES.get(name, ""))


def age(text: str | None) -> str:
    """How long ago a time was, e.g. `3m`; a dash for none."""
    if not text:
        return "–"
    seconds = (datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()
    return duration(seconds)


def from_now(text: str) -> str:
    """How long it is until a time, e.g. `3 min`; `now` for one that has come."""
    seconds = (datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds()
    return duration(seconds) if seconds > 0 else "now"


def duration(seconds: float | None) -> str:
    """A time span in two or three characters, e.g. `12 ms`, `3 s`, `5 h`; a dash for None."""
    if seconds is None:
        return "–"
    for limit, divisor, unit in ((1, 0.001, "ms"), (90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{max(seconds, 0) / divisor:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"
