"""`mattock approvals` and `mattock approve`: what waits for a person, and the person's answer."""

from __future__ import annotations

import getpass
from typing import Annotated
from urllib.parse import quote

import typer

from .option import TEXT, AsJson, Limit
from .output import age, print_json, print_table
from .rest import Rest


def list_approvals(
    limit: Limit = 100,
    as_json: AsJson = TEXT,
) -> None:
    """List what waits for a person's decision, the oldest first."""
    rest = Rest()
    rows = rest.get(f"{rest.stable}/approvals", limit=limit)["rows"]
    if as_json:
        print_json(rows)
        return
    table = [
        (row["taskExternalId"], row["key"], row["title"], row["workflowName"], age(row["askedAt"])) for row in rows
    ]
    print_table(("TASK", "KEY", "WHAT IS ASKED", "WORKFLOW", "ASKED"), table, "Nothing waits for a decision.")


def approve(
    task: Annotated[str, typer.Argument(help="Id of the task; a run of one task has the same.")],
    key: Annotated[str, typer.Argument(help="Key of the approval, as `mattock approvals` lists it.")],
    reject: Annotated[bool, typer.Option("--reject", help="Say no.")] = False,
    by: Annotated[str, typer.Option(help="Who decides; by default who is logged in here.")] = "",
    comment: Annotated[str, typer.Option(help="What to say to it.")] = "",
    as_json: AsJson = TEXT,
) -> None:
    """Decide what a durable task asks: yes, or no with --reject."""
    rest = Rest()
    name = by or getpass.getuser()
    body = {"approved": not reject, "by": name, "comment": comment}
    rest.post(f"/api/v1/stable/tasks/{quote(task, safe='')}/approvals/{quote(key, safe='')}", body)
    if as_json:
        print_json(body)
        return
    print(f"{'Rejected' if reject else 'Approved'} by {name}.")
