"""Settings and errors."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, token_for
from mattock import ClientSettings, ConnectionError, Context, Mattock, RequestError, RunFailed, SettingError, TaskFailed


def test_the_environment_is_read_ours_first_then_hatchets_then_the_token() -> None:
    token = token_for("host:1")
    found = ClientSettings.read({"HATCHET_CLIENT_TOKEN": token})
    assert (found.tenant_id, found.host_port, found.server_url) == ("tenant-1", "host:1", "http://localhost:1")
    assert found.tls_strategy == "tls"
    environment = {
        "MATTOCK_CLIENT_TOKEN": token,
        "HATCHET_CLIENT_TOKEN": "other",
        "HATCHET_CLIENT_HOST_PORT": "there:2",
        "MATTOCK_CLIENT_SERVER_URL": "https://web/",
        "HATCHET_CLIENT_TLS_STRATEGY": "none",
        "MATTOCK_CLIENT_NAMESPACE": "Blue",
    }
    found = ClientSettings.read(environment, tenant_id="t")
    assert (found.host_port, found.server_url, found.tenant_id, found.tls_strategy) == (
        "there:2",
        "https://web",
        "t",
        "none",
    )
    assert found.qualify("w") == found.qualify("blue_w") == "blue_w"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "no token"),
        ({"MATTOCK_CLIENT_TOKEN": "nonsense"}, "not an API token"),
        ({"MATTOCK_CLIENT_TOKEN": token_for("")}, "no host_port"),
        ({"MATTOCK_CLIENT_TOKEN": token_for("h:1"), "MATTOCK_CLIENT_TLS_STRATEGY": "maybe"}, "tls_strategy"),
        ({"MATTOCK_CLIENT_TOKEN": token_for("h:1"), "MATTOCK_CLIENT_RECONNECT_SECONDS": "x"}, "reconnect_seconds"),
    ],
)
def test_bad_settings_are_named(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        ClientSettings.read(environment)


def test_certificates_that_are_missing_are_named(tmp_path: Path) -> None:
    settings = ClientSettings.read(
        {"MATTOCK_CLIENT_TOKEN": token_for("h:1")}, tls_root_ca_file=str(tmp_path / "no.pem")
    )
    with pytest.raises(SettingError, match="tls_root_ca_file"):
        settings.read_file("tls_root_ca_file")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        Mattock(colour="red")


@pytest.mark.parametrize(
    ("text", "exc_type", "message", "trace"),
    [
        ("ValueError: a: b\nTraceback (most recent call last):\n  x", "ValueError", "a: b", True),
        ("E: two\nlines\nTraceback (most recent call last):\n  x", "E", "two\nlines", True),
        ("ValidationError: nothing", "ValidationError", "nothing", False),
        ("Task exceeded timeout of 60s", "", "Task exceeded timeout of 60s", False),
        ("could not do it: because", "", "could not do it: because", False),
        ('{"message": "boom", "stack": "at x"}', "", "boom", True),
        ('{"other": 1}', "", '{"other": 1}', False),
    ],
)
def test_texts_of_failures_are_read(text: str, exc_type: str, message: str, trace: bool) -> None:
    found = TaskFailed.parse("t", "id", text)
    assert (found.exc_type, found.message, bool(found.remote_traceback)) == (exc_type, message, trace)
    assert message in str(found)


def test_errors_can_be_pickled() -> None:
    error = RunFailed("run", [TaskFailed("t", "id", "ValueError", "oh", "trace")])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.tasks[0].exc_type == "ValueError"
    request = pickle.loads(pickle.dumps(RequestError("no", 5, "name")))
    assert (str(request), request.code, request.field) == ("no", 5, "name")


async def test_callers_learn_that_there_is_no_server(engine: FakeEngine) -> None:
    client = Mattock(engine.settings(reconnect_seconds=0.0, server_url=f"http://127.0.0.1:{engine.port}"))
    await engine.stop()

    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> None: ...

    with pytest.raises(ConnectionError, match="cannot reach"):
        await echo.aio_run({})
    with pytest.raises(ConnectionError, match="cannot reach"):
        await client.runs.aio_get("x")
    await client.aio_close()


async def test_a_closed_client_can_be_used_again(client: Mattock, engine: FakeEngine) -> None:
    @client.task()
    async def echo(input: dict[str, Any], ctx: Context) -> None: ...

    for _ in range(2):
        with pytest.raises(RequestError, match="no workflow"):
            await echo.aio_run({})
        await client.aio_close()
    await engine.until(lambda: not engine.streams)
