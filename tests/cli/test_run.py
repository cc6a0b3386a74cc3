"""`mattock run` and `mattock runs`."""

from __future__ import annotations

from .conftest import CommandLine


def test_run_and_wait_prints_the_result(shell: CommandLine) -> None:
    assert shell.json("run", "greet", "--input", '{"name": "Ann"}', "--wait")["output"] == {"greet": "Hello, Ann!"}


def test_the_input_can_come_from_a_file_or_standard_input(shell: CommandLine) -> None:
    (shell.folder / "input.json").write_text('{"name": "Bob"}')
    assert shell.json("run", "greet", "--input", "@input.json", "--wait")["output"] == {"greet": "Hello, Bob!"}
    found = shell.json("run", "greet", "--input", "-", "--wait", stdin='{"name": "Cem"}')
    assert found["output"] == {"greet": "Hello, Cem!"}


def test_a_failed_run_ends_with_1_and_its_traceback(shell: CommandLine) -> None:
    done = shell.run("run", "broken", "--wait")
    assert done.returncode == 1
    assert "ValueError: no way" in done.stderr
    assert "tasks.py" in done.stderr


def test_run_prints_the_id_alone(shell: CommandLine) -> None:
    done = shell.run("run", "greet", "--input", '{"name": "Eve"}')
    run_id = done.stdout.strip()
    assert shell.json("runs", "get", run_id)["run"]["metadata"]["id"] == run_id


def test_list_filters_by_workflow_status_and_metadata(shell: CommandLine) -> None:
    run_id = shell.json("run", "greet", "--input", '{"name": "Fay"}', "--wait", "--metadata", "customer=fay")["run_id"]
    for filters in (["--metadata", "customer=fay"], ["--workflow", "greet", "--status", "completed"]):
        assert run_id in [row["metadata"]["id"] for row in shell.json("runs", "list", *filters)]
    assert shell.json("runs", "list", "--metadata", "customer=nobody") == []
    table = shell.run("runs", "list", "--metadata", "customer=fay").stdout
    assert run_id in table
    assert "COMPLETED" in table


def test_cancel_and_replay(shell: CommandLine) -> None:
    run_id = shell.json("run", "slow")["run_id"]
    assert shell.json("runs", "cancel", run_id) == [run_id]
    assert shell.json("runs", "get", run_id)["run"]["status"] == "CANCELLED"
    assert shell.json("runs", "replay", run_id) == [run_id]
    assert shell.json("runs", "cancel", "--workflow", "slow") == [run_id]


def test_what_is_wrong_is_said_in_a_line(shell: CommandLine) -> None:
    for arguments, word in [
        (["run", "no-such-workflow"], "no-such-workflow"),
        (["run", "greet", "--input", "5"], "--input"),
        (["run", "greet", "--input", "{"], "--input"),
        (["run", "greet", "--input", "@nowhere.json"], "nowhere.json"),
        (["run", "greet", "--metadata", "x"], "--metadata"),
        (["runs", "list", "--workflow", "gree"], "greet"),
        (["runs", "list", "--since", "yesterday"], "yesterday"),
        (["runs", "cancel"], "cancel"),
        (["runs", "get", "01a20b60-4056-723d-917f-000000000000"], "no run"),
    ]:
        done = shell.run(*arguments)
        assert done.returncode == 1, arguments
        assert word in done.stderr.lower()
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_without_a_server_it_says_how_to_get_one(lonely: CommandLine) -> None:
    done = lonely.run("runs", "list")
    assert done.returncode == 1
    assert "mattock server" in done.stderr


def test_a_server_that_is_gone_is_named(lonely: CommandLine) -> None:
    lonely.env |= {
        "MATTOCK_CLIENT_TOKEN": "ey.e30.x",
        "MATTOCK_CLIENT_SERVER_URL": "http://127.0.0.1:1",
        "MATTOCK_CLIENT_TENANT_ID": "01a20b60-4056-723d-917f-000000000000",
    }
    done = lonely.run("runs", "list")
    assert done.returncode == 1
    assert "http://127.0.0.1:1" in done.stderr
