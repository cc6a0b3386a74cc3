"""What README, quickstart and guides say works as they say."""

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
    return re.findall(r"(?m)^ *```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


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


def test_the_readme_works(started: CommandLine) -> None:
    program = ROOT / "examples" / "orders.py"
    worker = started.start("worker", str(program))
    wait_for(worker, "is ready")
    try:
        order = ["--input", '{"item": "pen", "count": 4}', "--wait"]
        assert started.json("run", "price", *order)["output"] == {"price": 10.0}
        done = subprocess.run([sys.executable, program], env=started.env, capture_output=True, text=True, timeout=60)
        assert done.stdout.splitlines() == ["10.0", "[2.5, 5.0]"], done.stderr
    finally:
        worker.terminate()
        worker.communicate(timeout=60)


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


GUIDES = [f"docs/{page.name}" for page in sorted(ROOT.glob("docs/guide-*.md"))]


def lines(text: str) -> list[str]:
    """Lines without their indentation, and without those that are empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("page", GUIDES)
def test_what_a_guide_shows_stands_in_an_example(page: str) -> None:
    """A block is excerpts of examples, which run; a line of three dots stands between two of them."""
    programs = ["\n".join(["", *lines(path.read_text("utf-8")), ""]) for path in ROOT.glob("examples/*.py")]
    for block in blocks(page):
        for excerpt in re.split(r"(?m)^ *\.\.\.$", block):
            wanted = "\n".join(["", *lines(excerpt), ""])
            assert any(wanted in program for program in programs), f"{page}: in no example:{wanted}"


PAGES = [
    "README.md",
    "examples/README.md",
    "CONTRIBUTING.md",
    *(f"docs/{page.name}" for page in sorted(ROOT.glob("docs/*.md"))),
]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", (ROOT / page).read_text("utf-8"))
    for link, anchor in links:
        target = (ROOT / page).parent.joinpath(link) if link else ROOT / page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target.read_text("utf-8")), f"{link}#{anchor}"


def anchors(text: str) -> set[str]:
    """What links can lead to in a page: its headings, as GitHub names them."""
    headings = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
