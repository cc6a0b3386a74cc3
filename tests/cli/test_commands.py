"""The commands that look at, and steer, all there is beside runs; and what all commands have in common."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import CommandLine, wait_for

NOBODY = "00000000-0000-7000-8000-000000000000"


def finished(shell: CommandLine, *arguments: str) -> str:
    """Runs a command that must go well; what it prints."""
    done = shell.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_json_is_an_option_of_all(shell: CommandLine) -> None:
    for flags in (["-o", "json"], ["--output", "json"], ["--json"]):
        assert {"greet", "slow"} <= {row["name"] for row in json.loads(finished(shell, "workflows", "list", *flags))}
    done = shell.run("workflows", "list", "-o", "yaml")
    assert done.returncode == 2
    assert "--output" in done.stderr


def test_logs_of_a_run(shell: CommandLine) -> None:
    run_id = shell.json("run", "chatty", "--wait")["run_id"]
    assert [line.split()[-2:] for line in finished(shell, "runs", "logs", run_id).splitlines()] == [
        ["line", "1"],
        ["line", "2"],
    ]
    assert finished(shell, "runs", "logs", run_id, "--tail", "1").endswith("line 2")
    assert "line 2" not in finished(shell, "runs", "logs", run_id, "--search", "line 1")
    assert finished(shell, "runs", "logs", run_id, "--level", "error") == ""
    lines = [json.loads(line) for line in finished(shell, "runs", "logs", run_id, "--json").splitlines()]
    assert [line["message"] for line in lines] == ["line 1", "line 2"]


def test_logs_are_followed_to_the_end(shell: CommandLine) -> None:
    file = shell.folder / "go"
    run_id = shell.json("run", "talkative", "--input", json.dumps({"file": str(file)}))["run_id"]
    following = shell.start("runs", "logs", run_id, "--follow")
    wait_for(following, "WARN  before")
    file.touch()
    rest, _ = following.communicate(timeout=60)
    assert rest.strip().endswith("after")
    assert "before" not in rest
    assert following.returncode == 0


def test_events_and_children_of_a_run(shell: CommandLine) -> None:
    run_id = shell.json("run", "welcome", "--input", '{"name": "Ann"}', "--wait")["run_id"]
    kinds = [row["eventType"] for row in shell.json("runs", "events", run_id)]
    assert kinds[-1] == "FINISHED"
    assert kinds.index("QUEUED") < kinds.index("ASSIGNED")
    assert "FINISHED" in finished(shell, "runs", "events", run_id)
    (child,) = shell.json("runs", "children", run_id)
    assert (child["workflowName"], child["status"]) == ("greet", "COMPLETED")
    assert child["metadata"]["id"] in finished(shell, "runs", "children", run_id)
    assert finished(shell, "runs", "children", child["metadata"]["id"]) == "It has started no runs."


def test_workflows(shell: CommandLine) -> None:
    assert "greet" in finished(shell, "workflows", "list", "--name", "gree")
    assert shell.json("workflows", "get", "greet")["name"] == "greet"
    assert "greet:greet" in finished(shell, "workflows", "get", "greet")
    assert finished(shell, "workflows", "pause", "chatty", "--crons", "drop", "--patience", "2h") == "Paused chatty."
    assert "PAUSED" in finished(shell, "workflows", "list", "--name", "chatty")
    found = shell.json("workflows", "get", "chatty")
    assert found["pausedWorkflowCronRunQueueBehavior"] == "DROP"
    assert finished(shell, "workflows", "resume", "chatty") == "chatty goes on."
    assert shell.json("workflows", "get", "chatty")["isPaused"] is False


def test_crons(shell: CommandLine) -> None:
    arguments = ("greet", "0 6 * * *", "--name", "daily", "--input", '{"name": "Cem"}', "--timezone", "Europe/Berlin")
    cron = finished(shell, "crons", "create", *arguments, "--overlap", "skip")
    assert "0 6 * * * Europe/Berlin" in finished(shell, "crons", "list", "--workflow", "greet")
    found = shell.json("crons", "get", cron)
    assert (found["name"], found["overlap"], found["input"]) == ("daily", "skip", {"name": "Cem"})
    run_id = finished(shell, "crons", "run", cron)
    assert "Cem" in json.dumps(shell.json("runs", "get", run_id)["run"]["input"])
    assert finished(shell, "crons", "disable", cron) == "It is off."
    assert shell.json("crons", "get", cron)["enabled"] is False
    assert shell.json("crons", "enable", cron)["enabled"] is True
    assert len(shell.json("crons", "backfill", cron, "--since", "2d")) == 2
    assert finished(shell, "crons", "delete", cron) == "Deleted."
    assert shell.json("crons", "list") == []


def test_schedules(shell: CommandLine) -> None:
    schedule = finished(shell, "schedules", "create", "greet", "--in", "2h", "--input", '{"name": "Dan"}')
    assert schedule in finished(shell, "schedules", "list", "--workflow", "greet")
    assert "2 h" in finished(shell, "schedules", "list") or "119 min" in finished(shell, "schedules", "list")
    moved = shell.json("schedules", "move", schedule, "--at", "2100-01-01T00:00:00Z")
    assert moved["triggerAt"].startswith("2100-01-01T00:00:00")
    assert shell.json("schedules", "get", schedule)["workflowName"] == "greet"
    run_id = finished(shell, "schedules", "run", schedule)
    assert shell.json("runs", "get", run_id)["run"]["metadata"]["id"] == run_id
    assert shell.json("schedules", "list") == []
    assert [row["workflowRunId"] for row in shell.json("schedules", "list", "--all")] == [run_id]
    other = shell.json("schedules", "create", "greet", "--at", "2100-01-01T00:00:00Z")["metadata"]["id"]
    assert finished(shell, "schedules", "delete", other) == "Deleted."


def test_rate_limits(shell: CommandLine) -> None:
    assert finished(shell, "rate-limits", "put", "maps", "5", "--window", "minute") == "maps: 5 a minute."
    assert "5 of 5" in finished(shell, "rate-limits", "list", "--search", "map")
    assert shell.json("rate-limits", "list")[0]["window"] == "1 minute"
    assert finished(shell, "rate-limits", "delete", "maps") == "Deleted."
    assert shell.json("rate-limits", "list") == []


def test_events_start_runs_and_are_replayed(shell: CommandLine) -> None:
    made = finished(shell, "events", "push", "user:new", "--payload", '{"name": "Eve"}', "--metadata", "who=eve")
    (row,) = shell.json("events", "list", "--key", "user:new", "--metadata", "who=eve")
    assert row["metadata"]["id"] == made
    assert len(row["triggeredRuns"]) == 1
    again = finished(shell, "events", "replay", made)
    assert again != made
    listed = finished(shell, "events", "list", "--since", "1h")
    assert made in listed
    assert again in listed
    by_key = finished(shell, "events", "replay", "--key", "user:new").split()
    assert len({made, again, *by_key}) == 4


def test_workers_are_paused_and_go_on(shell: CommandLine) -> None:
    (worker,) = shell.json("workers", "list")
    worker_id = worker["metadata"]["id"]
    for verb, state in (("pause", "paused"), ("resume", "active")):
        # A worker that a busy machine kept quiet for a while is inactive until it is heard of again.
        while (done := shell.run("workers", verb, worker_id)).returncode:
            assert "not heard of lately" in done.stderr
        assert done.stdout.strip() == f"tasks is {state}."
        assert shell.json("workers", "get", worker_id)["status"] in (state.upper(), "INACTIVE")


def test_tokens(shell: CommandLine) -> None:
    token = finished(shell, "tokens", "create", "for ci", "--role", "viewer", "--expires-in", "30d")
    (row,) = [row for row in shell.json("tokens", "list") if row["name"] == "for ci"]
    assert row["role"] == "VIEWER"
    assert "for ci" in finished(shell, "tokens", "list")
    guest = CommandLine(shell.folder)
    guest.env["MATTOCK_CLIENT_TOKEN"] = token
    assert guest.run("runs", "list").returncode == 0
    refused = guest.run("tokens", "list")
    assert refused.returncode == 1
    assert "this takes the role ADMIN; yours is VIEWER" in refused.stderr
    assert finished(shell, "tokens", "revoke", row["metadata"]["id"]) == "Revoked."
    assert guest.run("runs", "list").returncode == 1


def test_what_there_is_none_of(shell: CommandLine) -> None:
    assert finished(shell, "webhooks", "list") == "No webhooks."
    assert finished(shell, "alerts", "list") == "No alert has fired."
    assert finished(shell, "alerts", "list", "--active") == "No alert holds."
    assert shell.json("webhooks", "list") == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["runs", "list", "--since", "yesterday"], "--since"),
        (["runs", "list", "--until", "99999999999d"], "--until"),
        (["runs", "logs", NOBODY], "no run"),
        (["runs", "events", NOBODY], "no run"),
        (["runs", "children", NOBODY], "no run"),
        (["workflows", "get", "gree"], "greet"),
        (["workflows", "pause", "greet", "--patience", "soon"], "--patience"),
        (["crons", "create", "greet", "every day"], "cronExpression"),
        (["crons", "create", "nobody's", "@daily"], "nobody's"),
        (["crons", "create", "greet", "@daily", "--input", "[]"], "--input"),
        (["crons", "get", NOBODY], "no cron"),
        (["schedules", "create", "greet"], "--at"),
        (["schedules", "create", "greet", "--in", "2h", "--at", "2100-01-01"], "--in"),
        (["schedules", "create", "greet", "--in", "later"], "--in"),
        (["schedules", "get", NOBODY], "no"),
        (["events", "push", "a", "--payload", "{"], "--payload"),
        (["events", "push", "a", "--metadata", "x"], "--metadata"),
        (["events", "replay"], "--key"),
        (["tokens", "create", "x", "--expires-in", "forever"], "--expires-in"),
        (["tokens", "revoke", NOBODY], "no token"),
        (["workers", "pause", NOBODY], "worker"),
    ],
)
def test_errors_name_what_is_wrong(shell: CommandLine, arguments: list[str], word: str) -> None:
    done = shell.run(*arguments)
    assert done.returncode == 1, done.stdout
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [["runs"], ["runs", "list", "--limit", "0"], ["rate-limits", "put", "a"], ["no-such-command"], ["crons", "move"]],
)
def test_wrong_arguments_end_with_2(lonely: CommandLine, arguments: list[str]) -> None:
    assert lonely.run(*arguments).returncode == 2


def test_a_shell_completes_names_of_commands(lonely: CommandLine) -> None:
    def completed(words: str) -> list[str]:
        lonely.env |= {"_MATTOCK_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return lonely.run().stdout.split()

    program = Path(sys.executable).parent / "mattock"
    lonely.command = lambda *arguments: [str(program), *arguments]  # type: ignore[method-assign]
    assert completed("mattock ru") == ["run", "runs"]
    assert completed("mattock runs ca") == ["cancel"]


def test_all_commands_have_help_and_json() -> None:
    """Every command and option says what it does, and all that print what a program may want print JSON."""
    from mattock.cli import app as program

    program._add_commands()
    import typer.main

    def walk(command: Any, path: str) -> None:
        if commands := getattr(command, "commands", None):
            for name, each in commands.items():
                walk(each, f"{path} {name}".strip())
            return
        assert command.help, path
        options = {name for parameter in command.params for name in parameter.opts}
        assert ("--output" in options) != (path in WITHOUT_JSON), path
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{path}: {parameter.name}"

    walk(typer.main.get_command(program.app), "")


# They run until they are told to stop, or print one thing alone.
WITHOUT_JSON = {"server", "dev", "backup", "restore", "add-key", "demo", "dashboard", "worker", "top", "mcp"}
