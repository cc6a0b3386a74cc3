"""Each example that starts all that it needs prints what its first lines say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
MARK = "and prints:\n\n"


def promised(path: Path) -> str:
    """What an example says that it prints."""
    _, _, rest = path.read_text("utf-8").partition(MARK)
    return textwrap.dedent(rest.partition('"""')[0]).strip()


PROGRAMS = [path for path in sorted(EXAMPLES.glob("*.py")) if MARK in path.read_text("utf-8")]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_an_example(path: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == (promised(path), 0), done.stderr[-2000:]


def test_all_examples_are_listed() -> None:
    listed = re.findall(r"^\| .*? \| \[(\w+\.py)\]\((\w+\.py)\) \|", (EXAMPLES / "README.md").read_text("utf-8"), re.M)
    assert all(name == link for name, link in listed)
    assert sorted(name for name, _ in listed) == sorted(path.name for path in EXAMPLES.glob("*.py"))


def test_the_example_of_tests_passes() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
    done = subprocess.run([*command, str(EXAMPLES / "testing.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "3 passed" in done.stdout


def test_all_examples_are_run() -> None:
    # `orders.py` is the README's: test_guide.py.
    assert {path.stem for path in EXAMPLES.glob("*.py")} - {path.stem for path in PROGRAMS} == {"orders"}
