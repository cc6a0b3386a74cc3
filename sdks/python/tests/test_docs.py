"""Runs the examples of the SDK's page, in order, against a server; a worker runs what they declare."""

from __future__ import annotations
import __future__

import ast
import asyncio
import inspect
import re
import sys
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mattock
import pytest

PAGE = Path(__file__).parents[3] / "docs" / "sdk-python.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_AWAITING = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | __future__.annotations.compiler_flag


def examples() -> list[tuple[int, str]]:
    """The examples with the lines where they stand."""
    text = PAGE.read_text("utf-8")
    return [(text[: match.start()].count("\n") + 2, match[1]) for match in _BLOCK.finditer(text)]


async def execute(line: int, source: str, names: dict[str, Any]) -> None:
    """Runs an example: one with `await` in the loop, any other in a thread."""
    code = compile("\n" * (line - 1) + source, str(PAGE), "exec", flags=_AWAITING)
    function = types.FunctionType(code, names)
    if code.co_flags & inspect.CO_COROUTINE:
        await function()
    else:
        await asyncio.to_thread(function)


@asynccontextmanager
async def running(declared: list[Any]) -> AsyncIterator[None]:
    """A worker for what was declared."""
    client = declared[0].client if declared else None
    if client is None:
        yield
        return
    worker = client.worker("docs", workflows=declared)
    serving = asyncio.create_task(worker.aio_start())
    ready = asyncio.create_task(worker.aio_ready())
    await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    yield
    worker.stop()
    await serving


async def test_examples_run(server: mattock.EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    module = types.ModuleType("sdk_python_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = vars(module)
    blocks = examples()
    assert len(blocks) > 15
    for line, source in blocks:
        kinds = (mattock.SoleTask, mattock.Workflow)
        declared = [value for value in names.values() if isinstance(value, kinds)]
        async with running(declared):
            await execute(line, source, names)
    await names["price"].client.aio_close()
