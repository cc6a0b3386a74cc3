"""`mattock mcp`, with the protocol's own client."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

from .conftest import CommandLine

READING = {
    "list_runs",
    "get_run",
    "read_logs",
    "explain_wait",
    "list_children",
    "list_workflows",
    "list_workers",
    "list_alerts",
    "wait_for_run",
}
WRITING = {"start_run", "cancel_runs", "replay_runs"}


@asynccontextmanager
async def session(shell: CommandLine, *arguments: str) -> AsyncIterator[ClientSession]:
    """A client of a server of its own."""
    command, *rest = shell.command("mcp", *arguments)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
    parameters = StdioServerParameters(command=command, args=rest, cwd=shell.folder, env=environment | shell.env)
    async with stdio_client(parameters) as (reading, writing), ClientSession(reading, writing) as found:
        await found.initialize()
        yield found


async def call(client: ClientSession, tool: str, **arguments: Any) -> Any:
    """What a tool answers."""
    answer = await client.call_tool(tool, arguments)
    text = "\n".join(part.text for part in answer.content if part.type == "text")
    if answer.is_error:
        raise RuntimeError(text)
    found = answer.structured_content
    if isinstance(found, dict) and set(found) == {"result"}:
        return found["result"]
    return found if found is not None else json.loads(text)


async def test_an_assistant_looks_and_changes_nothing(shell: CommandLine) -> None:
    run_id = shell.json("run", "broken", "--metadata", "who=assistant")["run_id"]
    async with session(shell) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"list_runs", "get_run", "explain_wait", "read_logs", "wait_for_run"} <= names
        assert not names & {"start_run", "cancel_runs", "replay_runs"}
        ended = await call(client, "wait_for_run", run_id=run_id)
        assert ended["run"]["status"] == "FAILED"
        assert "ValueError: no way" in ended["tasks"][0]["error"]
        listed = await call(client, "list_runs", status="failed", metadata="who:assistant")
        assert [row["id"] for row in listed] == [run_id]
        assert listed[0]["problem"].startswith("ValueError")
        assert {"greet", "slow"} <= {row["name"] for row in await call(client, "list_workflows")}
        assert (await call(client, "list_workers"))[0]["status"] == "ACTIVE"
        with pytest.raises(RuntimeError, match="no run"):
            await call(client, "get_run", run_id="00000000-0000-7000-8000-000000000000")


async def test_an_assistant_acts_if_it_may(shell: CommandLine) -> None:
    async with session(shell, "--write") as client:
        made = await call(client, "start_run", workflow="greet", input='{"name": "Ada"}')
        ended = await call(client, "wait_for_run", run_id=made["id"])
        assert "Hello, Ada!" in str(ended["tasks"][0]["output"])
        slow = await call(client, "start_run", workflow="slow")
        assert await call(client, "cancel_runs", run_ids=[slow["id"]]) == [slow["id"]]
        assert "it does not wait" in await call(client, "explain_wait", task_id=slow["id"])


async def test_every_tool_says_what_it_does_and_whether_it_changes_anything(shell: CommandLine) -> None:
    async with session(shell, "--write") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == READING | WRITING
    assert all(tool.description for tool in tools.values())
    reading = {name for name, tool in tools.items() if tool.annotations and tool.annotations.read_only_hint}
    assert reading == READING
    async with session(shell) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == READING


async def test_an_assistant_reads_logs_and_children(shell: CommandLine) -> None:
    logged = shell.json("run", "chatty", "--wait")["run_id"]
    parent = shell.json("run", "welcome", "--input", '{"name": "Ada"}', "--wait")["run_id"]
    async with session(shell) as client:
        lines = await call(client, "read_logs", task_id=logged)
        assert sorted(line.split(" ", 1)[1] for line in lines) == ["INFO line 1", "INFO line 2"]
        assert len(await call(client, "read_logs", task_id=logged, search="line 2")) == 1
        (child,) = await call(client, "list_children", run_id=parent)
        assert (child["workflowName"], child["status"]) == ("greet", "COMPLETED")
        assert await call(client, "list_alerts") == []
        inspected = await call(client, "get_run", run_id=parent)
        assert inspected["run"]["status"] == "COMPLETED"
        assert inspected["events"][-1]["what"] == "FINISHED"


async def test_an_assistant_learns_why_a_task_waits(shell: CommandLine) -> None:
    assert shell.run("workflows", "pause", "greet").returncode == 0
    try:
        async with session(shell, "--write") as client:
            made = await call(client, "start_run", workflow="greet", input='{"name": "Ada"}')
            assert "paused" in await call(client, "explain_wait", task_id=made["id"])
            assert await call(client, "cancel_runs", run_ids=[made["id"]]) == [made["id"]]
    finally:
        assert shell.run("workflows", "resume", "greet").returncode == 0


async def test_an_assistant_runs_again(shell: CommandLine) -> None:
    async with session(shell, "--write") as client:
        made = await call(client, "start_run", workflow="greet", input='{"name": "Ada"}')
        await call(client, "wait_for_run", run_id=made["id"])
        assert await call(client, "replay_runs", run_ids=[made["id"]]) == [made["id"]]
        again = await call(client, "wait_for_run", run_id=made["id"])
        assert again["run"]["status"] == "COMPLETED"
        with pytest.raises(RuntimeError, match="input: is not JSON"):
            await call(client, "start_run", workflow="greet", input="{")
