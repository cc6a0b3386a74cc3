"""`mattock top`, with Textual's pilot, on a real server."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mattock.cli.connection import Connection
from mattock.cli.rest import Rest
from mattock.cli.terminal.app import Top
from mattock.cli.terminal.listing import Listing
from mattock.cli.terminal.page import Help, Question, RunScreen
from mattock.cli.terminal.source import Source
from textual.pilot import Pilot
from textual.widgets import Static

from .conftest import CommandLine


def rest(shell: CommandLine) -> Rest:
    """The server's API, with the token that the command line finds."""
    lines = (shell.folder / "data" / "server.env").read_text().splitlines()
    known = dict(line.split("=", 1) for line in lines if line.startswith("MATTOCK_"))
    token, tenant_id, url = (known[f"MATTOCK_CLIENT_{name}"] for name in ("TOKEN", "TENANT_ID", "SERVER_URL"))
    return Rest(Connection(token, tenant_id, url))


@asynccontextmanager
async def live(shell: CommandLine, width: int = 120) -> AsyncIterator[tuple[Top, Pilot[None]]]:
    """The view, which reads when the test says so."""
    app = Top(Source(rest(shell)), every_seconds=0)
    async with app.run_test(size=(width, 30)) as pilot:
        await pilot.pause()
        await app.read()
        await pilot.pause()
        yield app, pilot


async def until(app: Top, pilot: Pilot[None], holds: Callable[[], Any]) -> None:
    """Reads until something holds; the test's timeout ends it."""
    while not holds():
        await app.read()
        await pilot.pause()


def table(app: Top, name: str = "runs") -> Listing:
    found = app.screen_stack[0].query_one(f"#{name}-table", Listing)
    assert isinstance(found, Listing)
    return found


def cells(listing: Listing) -> str:
    """All that a table shows."""
    return "\n".join(" ".join(str(cell) for cell in listing.get_row_at(number)) for number in range(listing.row_count))


def text(app: Top, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())


async def test_numbers_and_tables(shell: CommandLine) -> None:
    run_id = shell.json("run", "greet", "--input", '{"name": "Ann"}', "--wait")["run_id"]
    async with live(shell) as (app, pilot):
        assert "queued" in text(app, "#figures")
        assert run_id in cells(table(app))
        assert "COMPLETED greet" in cells(table(app))
        await pilot.press("2")
        await until(app, pilot, lambda: table(app, "workflows").row_count >= 4)
        assert "slow" in cells(table(app, "workflows"))
        await pilot.press("3")
        await until(app, pilot, lambda: table(app, "workers").row_count)
        assert "ACTIVE tasks default 0/100" in cells(table(app, "workers"))
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        await pilot.press("q")
        assert not isinstance(app.screen, Help)
        await pilot.press("q")
    assert app.return_code == 0


async def test_filter_and_search(shell: CommandLine) -> None:
    broken = shell.run("run", "broken", "--wait")
    assert broken.returncode == 1
    shell.json("run", "greet", "--input", '{"name": "Bob"}', "--wait")
    async with live(shell) as (app, pilot):
        await pilot.press("s", "s", "s")
        await until(app, pilot, lambda: {row["status"] for row in table(app).found} == {"FAILED"})
        assert "ValueError: no way" in cells(table(app))
        await pilot.press("s", "s", "s")
        await until(app, pilot, lambda: len({row["status"] for row in table(app).found}) > 1)
        await pilot.press("slash", *"gree", "enter")
        assert {row["workflowName"] for row in table(app).found} == {"greet"}
        await pilot.press("escape")
        assert {"greet", "broken"} <= {row["workflowName"] for row in table(app).found}
        await pilot.press("2")
        await until(app, pilot, lambda: table(app, "workflows").row_count >= 4)
        names = [row["name"] for row in table(app, "workflows").found]
        await pilot.press(*["j"] * names.index("broken"), "enter")
        await until(app, pilot, lambda: {row["workflowName"] for row in table(app).found} == {"broken"})


async def test_a_run_is_opened_cancelled_and_run_again(shell: CommandLine) -> None:
    run_id = shell.json("run", "slow")["run_id"]
    async with live(shell) as (app, pilot):
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, RunScreen)
        assert app.screen.run_id == run_id
        await until(app, pilot, lambda: "RUNNING" in text(app, "#head"))
        await pilot.press("c")
        assert isinstance(app.screen, Question)
        await pilot.press("n")
        await app.read()
        assert "RUNNING" in text(app, "#head")
        await pilot.press("c", "y")
        await until(app, pilot, lambda: "CANCELLED" in text(app, "#head"))
        await pilot.press("r", "y")
        await until(app, pilot, lambda: "RUNNING" in text(app, "#head"))
        await pilot.press("escape")
        await until(app, pilot, lambda: table(app).found[0]["status"] == "RUNNING")
        await pilot.press("c", "y")
        await until(app, pilot, lambda: table(app).found[0]["status"] == "CANCELLED")


async def test_a_run_shows_its_log_and_error(shell: CommandLine) -> None:
    shell.run("run", "broken", "--wait")
    run_id = shell.json("run", "chatty", "--wait")["run_id"]
    async with live(shell) as (app, pilot):
        assert table(app).found[0]["metadata"]["id"] == run_id
        await pilot.press("enter")
        await until(app, pilot, lambda: isinstance(app.screen, RunScreen) and "line 2" in text(app, "#log"))
        assert text(app, "#log").index("line 1") < text(app, "#log").index("line 2")
        await pilot.press("escape", "j", "enter")
        await until(app, pilot, lambda: isinstance(app.screen, RunScreen) and "no way" in text(app, "#error"))
        assert "Traceback" in text(app, "#error")


async def test_the_cursor_stays_on_its_run(shell: CommandLine) -> None:
    first = shell.json("run", "greet", "--input", '{"name": "Cem"}', "--wait")["run_id"]
    async with live(shell) as (app, pilot):
        assert table(app).chosen_key == first
        second = shell.json("run", "greet", "--input", '{"name": "Dan"}', "--wait")["run_id"]
        await until(app, pilot, lambda: table(app).found[0]["metadata"]["id"] == second)
        assert table(app).chosen_key == first


@pytest.mark.parametrize(("width", "columns"), [(40, 3), (70, 4), (120, 6)])
async def test_a_narrow_terminal_has_fewer_columns(shell: CommandLine, width: int, columns: int) -> None:
    shell.json("run", "greet", "--input", '{"name": "Eve"}', "--wait")
    async with live(shell, width) as (app, pilot):
        assert len(table(app).columns) == columns
        if "MATTOCK_SCREENSHOTS" in os.environ:
            app.save_screenshot(str(Path(os.environ["MATTOCK_SCREENSHOTS"]) / f"top-{width}.svg"))
        await pilot.press("enter")
        await until(app, pilot, lambda: isinstance(app.screen, RunScreen) and "greet" in text(app, "#head"))
        if "MATTOCK_SCREENSHOTS" in os.environ:
            app.save_screenshot(str(Path(os.environ["MATTOCK_SCREENSHOTS"]) / f"top-run-{width}.svg"))


async def test_a_server_that_is_gone_is_said(lonely: CommandLine) -> None:
    app = Top(Source(Rest(Connection("ey.e30.x", "t", "http://127.0.0.1:1"))), every_seconds=0)
    async with app.run_test(size=(100, 30)) as pilot:
        await app.read()
        await pilot.pause()
        assert "no answer from http://127.0.0.1:1" in text(app, "#filter")


def test_other_commands_do_not_load_it(lonely: CommandLine) -> None:
    code = "import sys, mattock.cli.app as a; a._add_commands(); sys.exit('textual' in sys.modules)"
    lonely.command = lambda *arguments: [sys.executable, *arguments]  # type: ignore[method-assign]
    assert lonely.run("-c", code).returncode == 0
