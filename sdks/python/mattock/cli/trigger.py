"""`mattock run`: start a run of a workflow, and perhaps wait for its result."""

from __future__ import annotations

from typing import Annotated, Literal, cast

import typer

from .connection import connect
from .option import TEXT, AsJson, Input, Metadata, Priority, pair, read_object
from .output import console, print_json


def run_workflow(
    workflow: Annotated[str, typer.Argument(help="Name of the workflow or task.")],
    input_text: Input = "{}",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the result, and print it.")] = False,
    priority: Priority = None,
    metadata: Metadata = None,
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
        ref = client.workflow(workflow).run_no_wait(given, options)
        if not wait:
            print_json({"run_id": ref.run_id}) if as_json else print(ref.run_id)
            return
        if console.is_terminal and not as_json:
            console.print(f"run {ref.run_id}", style="dim")
        result = ref.result()
        print_json({"run_id": ref.run_id, "output": result} if as_json else result)
    finally:
        client.close()
