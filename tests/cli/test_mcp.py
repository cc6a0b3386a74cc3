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

pytestmark = pytest.mark.timeout(120)


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
