"""Hatchet's published TypeScript SDK: its worker and its client."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .turn import turn

HERE = Path(__file__).parent / "typescript"
PROGRAM = HERE / "features.mjs"
CHECKS = [quoted or plain for quoted, plain in re.findall(r'^  async (?:"([^"]+)"|(\w+))\(', PROGRAM.read_text(), re.M)]


@pytest.fixture(scope="session")
def packages() -> None:
    """The SDK, as the lock file pins it; installed once."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node; `python3 dev.py test` brings it")
    installed = HERE / "node_modules" / ".package-lock.json"
    with turn(HERE):
        if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=250)
            assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("packages")
def test_typescript(server: Any) -> None:
    # A namespace of its own: the Python worker has workflows of the same names.
    env = {**server.env, "HATCHET_CLIENT_NAMESPACE": "ts"}
    done = subprocess.run(["node", "smoke.mjs"], cwd=HERE, env=env, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert found["double"] == {"n": 8}
    assert found["flaky"] == {"retries": 1}
    assert "never" in found["hopeless"]
    assert found["chain"] == {"first": {"n": 2}, "second": {"n": 20}}
    assert found["family"] == {"sum": 12}
    assert found["many"] == [2 * n for n in range(100)]
    assert found["durable"]["n"] == 42
    assert "typescript" in found["durable"]["event"]
    assert found["cancelled"]
    assert found["status"] == "CANCELLED"
    assert found["listed"] == ["ts_double"]


@pytest.fixture(scope="package")
def checked(server: Any, packages: None) -> dict[str, str | None]:
    """What was wrong with each feature; all of them are tried by one program."""
    if server.dies:
        pytest.skip("nothing is killed while the program runs")
    done = subprocess.run(["node", PROGRAM.name], cwd=HERE, env=server.env, capture_output=True, text=True, timeout=110)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"check"')]
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    return {each["check"]: each["wrong"] for each in found}


@pytest.mark.parametrize("name", CHECKS)
def test_typescript_feature(checked: dict[str, str | None], name: str) -> None:
    assert checked.get(name, "it was not tried") is None
