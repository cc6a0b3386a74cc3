"""A server and a worker for the command line, as a person has them on one machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

TASKS = """
import asyncio
import os
from mattock import Context, DurableContext, Mattock

mattock = Mattock()

@mattock.task(retries=1)
async def greet(input: dict[str, str], ctx: Context) -> str:
    return f"Hello, {input['name']}!"

@mattock.task()
def broken(input: dict[str, str]) -> str:
    raise ValueError("no way")

@mattock.task()
async def chatty(input: dict[str, str], ctx: Context) -> None:
    ctx.log("line 1")
    ctx.log("line 2")

@mattock.task(execution_timeout="10m")
async def talkative(input: dict[str, str], ctx: Context) -> None:
    # Goes on until a file is there, so that a test can look at the log meanwhile.
    ctx.log("before", level="WARN")
    while not os.path.exists(input["file"]):
        await asyncio.sleep(0.05)
    ctx.log("after")

@mattock.task(on_events=["user:new"])
async def welcome(input: dict[str, str], ctx: Context) -> str:
    child = await greet.aio_run({"name": input["name"]})
    return f"{child} Welcome."

@mattock.task(execution_timeout="10m")
async def slow(input: dict[str, str], ctx: Context) -> None:
    await asyncio.sleep(600)

@mattock.durable_task()
async def refund(input: dict[str, str], ctx: DurableContext) -> str:
    found = await ctx.aio_wait_for_approval("refund", title=f"Refund {input['sum']}?")
    return f"{found.approved} by {found.by}: {found.comment}"
"""


class CommandLine:
    """Runs `mattock` in a folder of its own, with no server named in the environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
        self.env |= {"MATTOCK_DATA_DIR": str(folder / "data"), "COLUMNS": "200"}

    def command(self, *arguments: str) -> list[str]:
        """The command as a list of words."""
        return [sys.executable, "-m", "mattock.cli.app", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs it to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """Runs it with `--json`; what it prints."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts it in the background; all it prints goes to its standard output."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    """Waits until a process prints a line with this text."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if text in line:
            return
    raise AssertionError("".join(printed))


@pytest.fixture
def lonely(tmp_path: Path) -> CommandLine:
    """The command line with no server."""
    return CommandLine(tmp_path)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line with a server and a worker that it finds by itself."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "tasks.py").write_text(TASKS)
    line = CommandLine(folder)
    server = line.start("server", "--grpc-port", "0", "--http-port", "0")
    wait_for(server, "Mattock is ready")
    worker = line.start("worker", "tasks.py")
    wait_for(worker, "is ready")
    for process in (worker, server):
        assert process.stdout is not None
        # A pipe that is full would hold up whoever writes.
        Thread(target=process.stdout.read, daemon=True).start()
    yield line
    for process in (worker, server):
        process.terminate()
        process.wait(timeout=60)
    assert (worker.returncode, server.returncode) == (0, 0)
