"""`mattock run`: start a run of a workflow, and perhaps wait for its result."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
from rich.console import Console

from .connection import connect
from .error import CommandError
from .output import console, print_json
from .progress import Follower
from .rest import Rest


def run_workflow(
    workflow: Annotated[str, typer.Argument(help="Name of the workflow or task.")],
    input_text: Annotated[
        str, typer.Option("--input", "-i", help="The input: a JSON object, @FILE, or - for standard input.")
    ] = "{}",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the result, and print it.")] = False,
    priority: Annotated[int | None, typer.Option(min=1, max=3, help="1 (low) to 3 (high).")] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", "-m", help="KEY=VALUE to find the run by (repeatable).")
    ] = None,
    ttl: Annotated[str | None, typer.Option(help="How long it may wait for its start: 30s, 5m, 2h.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Start a run; prints its id, or with --wait its result. Exit code 1 if it fails."""
    given = _read_input(input_text)
    pairs = dict(_pair(item) for item in metadata or [])
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
        with _bars(ref.run_id, as_json):
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


def _read_input(text: str) -> dict[str, Any]:
    """The input as an object, from the text itself, a file or standard input."""
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).expanduser().read_text("utf-8")
    except OSError as error:
        raise CommandError(f"--input: cannot read {text[1:]}: {error.strerror}") from None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--input: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise CommandError('--input: expected a JSON object, for example {"name": "Ann"}')
    return found


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise CommandError(f"--metadata: expected KEY=VALUE, got {text!r}")
    return key, value
