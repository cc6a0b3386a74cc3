"""How far a run is, on the command line."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
from typing import Any

import pytest
from mattock.cli.progress import Follower, progress_text
from rich.console import Console

from .conftest import CommandLine, wait_for

TASKS = """
import asyncio
import os
import pathlib
from mattock import Context, Mattock

mattock = Mattock()

@mattock.task(name="import-file", execution_timeout="10m")
async def import_file(input: dict[str, str], ctx: Context) -> int:
    ctx.progress(0.4, "page 4 of 10")
    while not pathlib.Path("go").exists():
        await asyncio.sleep(0.05)
    return 10
"""


@pytest.fixture
def importing(shell: CommandLine) -> Any:
    """A worker whose task stays at 40 % until there is a file `go`."""
    (shell.folder / "importing.py").write_text(TASKS)
    worker = shell.start("worker", "importing.py")
    wait_for(worker, "is ready")
    yield shell
    worker.terminate()
    worker.communicate(timeout=60)


def test_a_run_is_awaited_with_a_bar(importing: CommandLine) -> None:
    shell, (ours, theirs) = importing, pty.openpty()
    waiting = subprocess.Popen(
        shell.command("run", "import-file", "--wait"),
        cwd=shell.folder,
        env=shell.env | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    seen = ""
    while "page 4 of 10" not in seen:
        seen += os.read(ours, 4096).decode(errors="replace")
    assert "import-file" in seen
    assert re.search(r"40%", seen)
    table = shell.run("runs", "list", "--workflow", "import-file").stdout
    assert "40% page 4 of 10" in table
    run_id = shell.json("runs", "list", "--workflow", "import-file")[0]["metadata"]["id"]
    assert "40% page 4 of 10" in shell.run("runs", "get", run_id).stdout
    (shell.folder / "go").touch()
    assert waiting.stdout is not None
    assert waiting.stdout.read().strip() == '{"import-file": 10}'
    assert waiting.wait(60) == 0
    os.close(ours)


def test_what_stands_in_a_table() -> None:
    told = {"status": "RUNNING", "progress": {"fraction": 0.5, "text": "half"}}
    assert progress_text(told).plain == "━" * 10 + " 50% half"
    assert progress_text(told | {"status": "COMPLETED"}).plain == "━" * 10 + " 50%"
    assert progress_text({"numSpawnedChildren": 4, "numFinishedChildren": 1}).plain == "1/4 runs"
    assert progress_text({"batch": {"waiting": 2, "size": 3}}).plain == "batch 2/3"
    assert progress_text({}).plain == ""


def test_bars_of_tasks_and_of_their_children() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    tasks = [
        {"taskExternalId": "1", "displayName": "fetch-17", "status": "COMPLETED"},
        {"taskExternalId": "2", "displayName": "fan-17", "status": "RUNNING", "numSpawnedChildren": 4},
        {"taskExternalId": "3", "displayName": "wait-17", "status": "QUEUED", "batch": {"waiting": 2, "size": 3}},
    ]
    follower = Follower(lambda: {"tasks": []}, screen)
    follower.show({"tasks": tasks})
    with screen.capture() as drawn:
        screen.print(follower._bars.get_renderable())
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drawn.get()).splitlines()
    for line, words in zip(lines, (("fetch", "100%"), ("fan", "0%", "0/4 runs"), ("wait", "batch 2/3")), strict=False):
        assert all(word in line for word in words), line
