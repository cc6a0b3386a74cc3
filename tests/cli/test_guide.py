"""What README and quickstart say works as they say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import CommandLine, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent


def blocks(page: str) -> list[str]:
    """The Python examples of a page."""
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[CommandLine]:
    """A server with nothing else, as after the first step of the quickstart."""
    line = CommandLine(tmp_path)
    server = line.start("server", "--grpc-port", "0", "--http-port", "0")
    wait_for(server, "Mattock is ready")
    env = dict(text.split("=", 1) for text in (tmp_path / "data" / "server.env").read_text().splitlines())
    line.env |= env
    yield line
    server.terminate()
    server.communicate(timeout=60)


def test_the_readme_shows_the_example() -> None:
    assert blocks("README.md") == [(ROOT / "examples" / "orders.py").read_text("utf-8")]


def test_the_quickstart_works(started: CommandLine) -> None:
    first, second, program = blocks("docs/quickstart.md")
    (started.folder / "tasks.py").write_text(first + second)
    (started.folder / "program.py").write_text(program)
    worker = started.start("worker", "tasks.py")
    wait_for(worker, "is ready")
    try:
        order = ["--input", '{"url": "https://example.org"}', "--wait"]
        assert started.json("run", "visit", *order)["output"]["visit"]["url"] == "https://example.org"
        found = started.json("run", "check-site", *order)["output"]
        assert found == {"fetch": "<title>https://example.org</title>", "title": "https://example.org", "size": 34}
        command = [sys.executable, "program.py"]
        done = subprocess.run(command, cwd=started.folder, env=started.env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    finally:
        worker.terminate()
        worker.communicate(timeout=60)


PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in sorted(ROOT.glob("docs/*.md")))]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text("utf-8"))
    assert not [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
