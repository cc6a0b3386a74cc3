"""`mattock demo`: on a folder of one's own."""

from __future__ import annotations

import re
from pathlib import Path

from .conftest import CommandLine

README = Path(__file__).resolve().parent.parent.parent / "README.md"


def test_the_demo_indexes_a_folder(lonely: CommandLine) -> None:
    texts = lonely.folder / "texts"
    (texts / "deep").mkdir(parents=True)
    (texts / "one.md").write_text("# Whales\n\nA narwhal is a whale with a tusk.\n")
    (texts / "deep" / "two.txt").write_text("The beluga is another whale.\n")
    (texts / "three.py").write_text("narwhal = 'tusk'\n")
    (texts / "image.png").write_bytes(b"\x89PNG")
    done = lonely.run("demo", str(texts), "--search", "narwhal")
    assert done.returncode == 0, done.stderr
    assert "3 child runs, 12 tasks" in done.stdout
    assert "failed once, on purpose, and was retried" in done.stdout
    assert "one.md" in done.stdout
    assert "server is ready" in done.stdout
    assert "login?code" not in done.stdout, "it stays only in a terminal"


def test_a_folder_that_is_not_there_is_named(lonely: CommandLine) -> None:
    done = lonely.run("demo", "nowhere")
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def shape(printed: str) -> list[str]:
    """What is printed without what differs from run to run: a line for each kind of line."""
    text = re.sub(r"(?s)(Most frequent: ).*?(\n\n|$)", r"\1WORDS\n\n", printed)
    for pattern, name in [
        (r"(?m)^    \S.*$", "    SNIPPET"),
        (r"(?m)^  \S+ § \d+$", "  PATH § N"),
        (r"━+", "BAR"),
        (r"(?m)^↻ \S+:", "↻ PATH:"),
        (r"(?m)^  (\.\w+|all) .*$", "  ROW"),
        (r"code=\S+", "code=CODE"),
        (r"=\S+/mattock-demo-\S+", "=FOLDER"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
        (r"\d[\d.,:]*", "N"),
        (r"[ \t]+", " "),
    ]:
        text = re.sub(pattern, name, text)
    lines = [line.strip() for line in text.strip().splitlines()]
    # Hits are pairs of lines, rows single ones: how many of them there are says nothing.
    return list(dict.fromkeys(line for line in lines if line))


def test_the_readme_shows_what_the_demo_prints(lonely: CommandLine) -> None:
    shown = re.search(r"```\n(✓ server is ready.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert shown is not None
    lonely.env["COLUMNS"] = "120"
    printed = ""
    with lonely.start("demo", "--stay") as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            printed += line
            if "Ctrl-C" in line:
                demo.terminate()
    assert demo.returncode == 0, printed
    assert shape(printed) == shape(shown[1])
