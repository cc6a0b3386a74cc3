"""`mattock demo`: on a folder of one's own."""

from __future__ import annotations

from .conftest import CommandLine


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
    assert "http://127.0.0.1:" in done.stdout


def test_a_folder_that_is_not_there_is_named(lonely: CommandLine) -> None:
    done = lonely.run("demo", "nowhere")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
