"""What a server tells those who watch over it: health at every stage of its life, and logs for machines."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from mattock_engine.store.embedded import EmbeddedPostgres

from .conftest import ServerFactory, ServerProcess, read_env


def ask(port: int, path: str) -> int:
    """The status of an answer; 0 if nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def ask_until(port: int, path: str, status: int) -> set[int]:
    """Asks until the answer has a status; the others that came before."""
    others: set[int] = set()
    deadline = time.monotonic() + 60
    while (found := ask(port, path)) != status:
        assert time.monotonic() < deadline, f"{path} still answers {found}"
        others.add(found)
        time.sleep(0.02)
    return others


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_from_start_to_stop(servers: ServerFactory) -> None:
    port = free_port()
    server = servers.start("--http-port", str(port))
    assert ask_until(port, "/health/ready", 200) <= {0, 503}
    server.wait_for_line("Mattock is ready")
    assert ask(port, "/health/live") == 200
    assert server.stop() == 0
    assert ask(port, "/health/ready") == ask(port, "/health/live") == 0


def test_without_postgres_it_lives_but_is_not_ready(servers: ServerFactory, cluster_folder: Path) -> None:
    postgres = EmbeddedPostgres(cluster_folder / "outside")
    port = free_port()
    server = servers.start("--http-port", str(port), "--database-url", postgres.start())
    server.wait_for_line("Mattock is ready")
    assert ask(port, "/health/ready") == 200

    # One that hangs is as bad as one that is gone.
    pid = postgres.pid
    assert pid is not None
    stopped = [pid, *children_of(pid)]
    for each in stopped:
        os.kill(each, signal.SIGSTOP)
    try:
        assert ask(port, "/health/ready") == 503
        assert ask(port, "/health/live") == 200
    finally:
        for each in stopped:
            os.kill(each, signal.SIGCONT)
    ask_until(port, "/health/ready", 200)

    postgres.stop()
    assert ask(port, "/health/ready") == 503
    assert ask(port, "/health/live") == 200
    again = EmbeddedPostgres(cluster_folder / "outside")
    again.start()
    assert ask_until(port, "/health/ready", 200) <= {503}
    assert server.stop() == 0
    again.stop()


def children_of(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def parsed(lines: Iterable[str]) -> list[dict[str, str]]:
    """Lines of a log, each an object with what all of them have."""
    found = [json.loads(line) for line in lines]
    for entry in found:
        assert {"time", "level", "logger", "message"} <= set(entry)
        assert datetime.fromisoformat(entry["time"]).tzinfo is not None
        assert entry["level"] in ("debug", "info", "warning", "error", "critical")
    return found


def tenant_of(servers: ServerFactory) -> str:
    return read_env(servers.data_dir / "server.env")["MATTOCK_CLIENT_TENANT_ID"]


def test_a_json_log_has_an_object_a_line(servers: ServerFactory) -> None:
    server = servers.start_ready("--log-format", "json", "--processes", "2")
    tenant = tenant_of(servers)
    assert server.stop() == 0
    lines = parsed(server.errors)
    assert any(entry.get("tenant_id") == tenant and "owning tenant" in entry["message"] for entry in lines)
    assert any(entry["message"] == "stopping" for entry in lines)


def test_why_it_did_not_start_is_an_object_too(servers: ServerFactory) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server: ServerProcess = servers.start("--log-format", "json", "--http-port", str(port))
        assert server.wait() == 1
    (entry,) = parsed(server.errors)
    assert entry["level"] == "critical"
    assert str(port) in entry["message"]
