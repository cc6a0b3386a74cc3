"""`mattock worker` and `mattock workers`, the version and the help."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from mattock.cli.work import load

from .conftest import CommandLine


def test_workers_lists_what_it_can_do(shell: CommandLine) -> None:
    (worker,) = shell.json("workers", "list")
    assert worker["name"] == "tasks"
    names = ("greet", "broken", "chatty", "talkative", "welcome", "slow", "refund")
    assert set(worker["actions"]) == {f"{name}:{name}" for name in names}
    assert "greet:greet" in shell.run("workers", "list").stdout


def test_a_file_without_tasks_is_refused(shell: CommandLine) -> None:
    (shell.folder / "empty.py").write_text("x = 1\n")
    done = shell.run("worker", "empty.py")
    assert done.returncode == 1
    assert "empty declares no task" in done.stderr


def test_a_file_or_module_that_is_not_there_is_named(shell: CommandLine) -> None:
    assert "nowhere.py" in shell.run("worker", "nowhere.py").stderr
    assert "nowhere.tasks" in shell.run("worker", "nowhere.tasks").stderr


def test_a_file_that_is_written_twice_in_a_second_is_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    file = tmp_path / "written_twice.py"
    for number in (1, 4):
        file.write_text(f"number = {number}\n")
        os.utime(file, (1_000_000_000, 1_000_000_000))
        assert load(str(file)).number == number
        monkeypatch.delitem(sys.modules, "written_twice")


def test_the_version_is_that_of_the_package(lonely: CommandLine) -> None:
    assert lonely.run("--version").stdout.startswith("mattock 0.")


def test_the_help_lists_all_commands(lonely: CommandLine) -> None:
    printed = lonely.run("--help").stdout
    for command in ("server", "demo", "run", "runs", "worker", "workers"):
        assert command in printed


def test_the_server_has_its_own_help(lonely: CommandLine) -> None:
    for alias in ("server", "dev"):
        assert "--database-url" in lonely.run(alias, "--help").stdout
