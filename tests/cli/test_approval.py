"""`mattock approvals` and `mattock approve`."""

from __future__ import annotations

import time

from .conftest import CommandLine


def asked(shell: CommandLine, run_id: str) -> str:
    """The line about a run that waits for a decision; waits until it does."""
    for _ in range(100):
        lines = shell.run("approvals").stdout.splitlines()
        found = next((line for line in lines if run_id in line), None)
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("the run never asked")


def test_yes_and_no(shell: CommandLine) -> None:
    for answer, said in ((["--by", "Ann", "--comment", "fine"], "True by Ann: fine"), (["--reject"], "False by ")):
        run_id = shell.json("run", "refund", "--input", '{"sum": "80"}')["run_id"]
        assert "Refund 80?" in asked(shell, run_id)
        assert shell.run("approve", run_id, "refund", *answer).returncode == 0
        output = ""
        for _ in range(100):
            output = str(shell.json("runs", "get", run_id))
            if "COMPLETED" in output:
                break
            time.sleep(0.1)
        assert said in output


def test_what_nobody_asks_cannot_be_decided(shell: CommandLine) -> None:
    run_id = shell.json("run", "slow")["run_id"]
    done = shell.run("approve", run_id, "refund")
    assert done.returncode == 1
    assert "not a durable task" in done.stderr
    shell.run("runs", "cancel", run_id)
