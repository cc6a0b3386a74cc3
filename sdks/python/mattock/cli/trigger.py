"""`mattock run`: start a run of a workflow, and perhaps wait for its result."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console

from .connection import connect
from .option import TEXT, AsJson, Input, Metadata, Priority, pair, read_object
from .output import console, print_json
from .progress import Follower
from .rest import Rest


def run_workflow(
    workflow: Annotated[str, typer.Argument(help="Name of the workflow or task.")],
    input_text: Input = "{}",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the result, and print it.")] = False,
    priority: Priority = None,
    metadata: Metadata = None,
    ttl: Annotated[str | None, typer.Option(help="How long it may wait for its start: 30s, 5m, 2h.")] = None,
    as_json: AsJson = TEXT,
) -> None:
    """Start a run; prints its id, or with --wait its result. Exit code 1 if it fails."""
    given = read_object("--input", input_text)
    pairs = dict(pair(item) for item in metadata or [])
    connect()
    from .. import Mattock
    from ..option import RunOptions

    client = Mattock()
    try:
        options: RunOptions = {"additional_metadata": pairs}
        if priority is not None:
            options["priority"] = cast(Literal[1, 2, 3], priority)
        if ttl is not None:
            options["ttl"] = ttl
        ref = client.workflow(workflow).run_no_wait(given, options)
        if not wait:
            print_json({"run_id": ref.run_id}) if as_json else print(ref.run_id)
            return
        if console.is_terminal and not as_json:
            console.print(f"run {ref.run_id}", style="dim")
        with _bars(ref.run_id, bool(as_json)):
            result = ref.result()
        print_json({"run_id": ref.run_id, "output": result} if as_json else result)
    finally:
        client.close()


def _bars(run_id: str, as_json: bool) -> AbstractContextManager[Any]:
    """Live bars on standard error, if a person looks at it."""
    screen = Console(stderr=True)
    if as_json or not screen.is_terminal:
        return nullcontext()
    rest = Rest()
    return Follower(lambda: rest.get(f"/api/v1/stable/workflow-runs/{run_id}"), screen)
