"""`mattock dead-letters`, and what pauses: runs and workers."""

from __future__ import annotations

from .conftest import CommandLine


def test_dead_letters(shell: CommandLine) -> None:
    ids = []
    for _ in range(2):
        done = shell.run("run", "broken", "--wait", "--json")
        assert done.returncode == 1
    ids = [row["runId"] for row in shell.json("dead-letters", "list", "--workflow", "broken")][:2]
    assert len(ids) == 2
    table = shell.run("dead-letters", "list", "--groups").stdout
    assert "ValueError: no way" in table
    assert "FAILED" in table
    assert ids[0] in shell.run("dead-letters", "list").stdout
    assert shell.json("dead-letters", "discard", ids[0]) == [ids[0]]
    assert ids[0] not in [row["runId"] for row in shell.json("dead-letters", "list")]
    again = shell.json("dead-letters", "replay", "--workflow", "broken", "--since", "1h")
    assert ids[1] in again
    assert ids[0] not in again
    for arguments in (["replay"], ["discard", ids[0], "--all"], ["list", "--groups", "--error", "x"]):
        done = shell.run("dead-letters", *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("mattock: ")


def test_runs_that_are_paused(shell: CommandLine) -> None:
    run_id = shell.json("run", "slow", "--ttl", "1h")["run_id"]
    assert shell.json("runs", "pause", run_id) == [run_id]
    assert shell.json("runs", "get", run_id)["run"]["isPaused"] is True
    assert shell.json("runs", "resume", "--workflow", "slow") == [run_id]
    assert shell.json("runs", "cancel", run_id) == [run_id]


def test_a_worker_that_is_drained(shell: CommandLine) -> None:
    (worker,) = shell.json("workers", "list", "--all")
    worker_id = worker["metadata"]["id"]
    assert "drain" in shell.run("workers", "drain", worker_id).stdout
    assert shell.json("workers", "list", "--all")[0]["drain"] in ("DRAINING", "DRAINED")
    assert "active" in shell.run("workers", "resume", worker_id).stdout
