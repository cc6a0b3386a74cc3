"""Hatchet's published Go SDK: its worker and its client."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .turn import turn

HERE = Path(__file__).parent / "go"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the SDK as `go.sum` pins it, built once."""
    if shutil.which("go") is None:
        pytest.skip("needs Go; `python3 dev.py test` brings it")
    path = tmp_path_factory.mktemp("go") / "smoke"
    command = ["go", "build", "-o", str(path), "."]
    # The first fills Go's cache for those that come after it.
    with turn(HERE):
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=580)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.timeout(900)
def test_go(server: Any, program: Path) -> None:
    done = subprocess.run([program], env=server.env, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"batch"')))
    assert found["double"] == 8
    assert found["flaky"] == 1
    assert "never" in found["hopeless"]
    assert found["family"] == 12
    assert found["chain"] == 20
    assert found["many"] == [2 * n for n in range(100)]
    assert found["limited"] == list(range(5))
    assert found["batch"] == [300, 301, 302]
    assert found["durable"] == {"n": 42, "events": ["go", "memo"], "stopped": True}
    assert found["cancelled"]
    assert found["status"] == "CANCELLED"
    assert found["listed"] == "go-double"
    assert found["crons"] == 0
    assert found["schedules"] == 0
    assert found["cel"]
    assert found["workers"] == ["go"]
    assert "ListenForDurableEvent" not in done.stdout + done.stderr
