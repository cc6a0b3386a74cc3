"""Starting a server: what it writes and prints, and how it says that it cannot start."""

from __future__ import annotations

import os
import socket
import stat
import urllib.request
from pathlib import Path

import asyncpg
import pytest

from .conftest import ServerFactory, ServerProcess, read_env

NAMES = ("TOKEN", "HOST_PORT", "SERVER_URL", "API_URL", "TLS_STRATEGY", "TENANT_ID")


def assert_refused(server: ServerProcess, *words: str) -> None:
    """It has ended with one line on standard error that holds these words."""
    assert server.wait() != 0
    assert len(server.errors) == 1, server.errors
    for word in words:
        assert word in server.errors[0]


def test_ready_means_env_file_written_and_ports_open(servers: ServerFactory) -> None:
    env_file = servers.folder / "client.env"
    server = servers.start_ready("--env-file", str(env_file))
    env = read_env(env_file)
    assert set(env) == {prefix + name for prefix in ("HATCHET_CLIENT_", "MATTOCK_CLIENT_") for name in NAMES}
    assert all(env["HATCHET_CLIENT_" + name] == env["MATTOCK_CLIENT_" + name] for name in NAMES)
    assert env["HATCHET_CLIENT_TLS_STRATEGY"] == "none"
    assert env["HATCHET_CLIENT_TOKEN"].startswith("ey")
    assert stat.S_IMODE(os.stat(env_file).st_mode) == 0o600
    host, port = env["HATCHET_CLIENT_HOST_PORT"].rsplit(":", 1)
    socket.create_connection((host, int(port)), timeout=10).close()
    with urllib.request.urlopen(env["HATCHET_CLIENT_SERVER_URL"] + "/api/ready", timeout=30) as answer:
        assert answer.status == 200
    assert not [name for name in os.listdir(servers.folder) if name.startswith(".client.env")]
    assert server.stop() == 0


def test_the_ready_lines_tell_where_it_is(servers: ServerFactory) -> None:
    server = servers.start_ready()
    env = read_env(servers.data_dir / "server.env")
    server.stop()
    printed = "\n".join(server.lines)
    for word in (env["MATTOCK_CLIENT_HOST_PORT"], env["MATTOCK_CLIENT_SERVER_URL"], str(servers.data_dir)):
        assert word in printed
    assert f"pid {server.process.pid}" in printed


def test_the_token_is_the_same_after_a_restart(servers: ServerFactory) -> None:
    first = servers.start_ready()
    before = read_env(servers.data_dir / "server.env")
    ports = [
        before["MATTOCK_CLIENT_HOST_PORT"].rsplit(":", 1)[1],
        before["MATTOCK_CLIENT_SERVER_URL"].rsplit(":", 1)[1],
    ]
    assert first.stop() == 0
    second = servers.start_ready("--grpc-port", ports[0], "--http-port", ports[1])
    after = read_env(servers.data_dir / "server.env")
    assert second.stop() == 0
    assert before == after


def test_a_second_server_on_the_same_directory_is_refused(servers: ServerFactory) -> None:
    first = servers.start_ready()
    assert_refused(servers.start(), "--data-dir", str(servers.data_dir), f"pid {first.process.pid}")


@pytest.mark.parametrize("flag", ["--grpc-port", "--http-port"])
def test_a_port_in_use_is_named(servers: ServerFactory, flag: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_refused(servers.start(flag, str(port)), flag, str(port), "in use")


def test_a_database_that_is_down_is_named(servers: ServerFactory) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://someone:secret@127.0.0.1:{closed.getsockname()[1]}/nothing"
        server = servers.start("--database-url", url)
        assert_refused(server, "database", "127.0.0.1")
    assert "secret" not in server.errors[0]


async def test_an_unknown_schema_is_named(servers: ServerFactory, postgres_url: str) -> None:
    assert servers.start_ready("--database-url", postgres_url).stop() == 0
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("insert into mattock.migration (version, name, checksum) values (999, 'later', '')")
    await connection.close()
    assert_refused(servers.start("--database-url", postgres_url), "--database-url", "newer")


def test_a_wrong_value_is_named(servers: ServerFactory) -> None:
    assert_refused(servers.start("--processes", "none"), "--processes", "1 to 64", "'none'")


def test_an_open_address_needs_a_word(servers: ServerFactory) -> None:
    assert_refused(servers.start("--host", "0.0.0.0"), "--host", "--insecure")


def test_a_data_directory_that_cannot_be_made_is_named(servers: ServerFactory, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(servers.start("--data-dir", str(tmp_path / "file" / "data")), "--data-dir", "file")


def test_settings_come_from_file_and_environment(servers: ServerFactory) -> None:
    (servers.folder / "mattock.toml").write_text('env_file = "from-file.env"\nlog_format = "json"\n')
    server = servers.start_ready(env={"MATTOCK_ENV_FILE": str(servers.folder / "from-environment.env")})
    assert (servers.folder / "from-environment.env").exists()
    assert not (servers.folder / "from-file.env").exists()
    assert server.stop() == 0
