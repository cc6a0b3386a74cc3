"""Stopping a server, one process or several, in an orderly way or not."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import ServerFactory, read_env


def descendants(pid: int) -> set[int]:
    """The processes that descend from one, by /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    left = [pid]
    while left:
        for child in children.get(left.pop(), []):
            found.add(child)
            left.append(child)
    return found


def wait_until_gone(pids: set[int]) -> None:
    """Waits for the end of processes that are nobody's children here."""
    deadline = time.monotonic() + 30
    while alive := {pid for pid in pids if is_alive(pid)}:
        assert time.monotonic() < deadline, f"still there: {alive}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """True for a process that runs (not for one that has ended and was not waited for)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(servers: ServerFactory, number: signal.Signals) -> None:
    server = servers.start_ready()
    below = descendants(server.process.pid)
    server.process.send_signal(number)
    assert server.wait() == 0
    assert not any(is_alive(pid) for pid in below)


def test_the_env_file_of_the_data_directory_goes_with_it(servers: ServerFactory) -> None:
    server = servers.start_ready()
    assert (servers.data_dir / "server.env").exists()
    assert server.stop() == 0
    assert not (servers.data_dir / "server.env").exists()


def test_two_processes_start_and_stop_without_orphans(servers: ServerFactory) -> None:
    server = servers.start_ready("--processes", "2")
    below = descendants(server.process.pid)
    assert len(below) >= 2
    assert server.stop() == 0
    assert not any(is_alive(pid) for pid in below)


def test_a_killed_parent_leaves_no_orphans(servers: ServerFactory) -> None:
    server = servers.start_ready("--processes", "2")
    below = descendants(server.process.pid) | {postgres_pid(servers.data_dir)}
    figures = figures_of(min(replica_pids(server.process.pid)))
    assert figures.is_dir()
    server.process.kill()
    server.wait()
    wait_until_gone(below)
    assert not figures.exists()


def figures_of(pid: int) -> Path:
    """Where a replica puts what it counts, outside of the data directory."""
    variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return Path(dict(each.partition("=")[::2] for each in variables)["PROMETHEUS_MULTIPROC_DIR"])


def postgres_pid(data_dir: Path) -> int:
    """The embedded Postgres."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def test_it_starts_again_after_kill(servers: ServerFactory) -> None:
    first = servers.start_ready()
    first.process.kill()
    first.wait()
    second = servers.start_ready()
    assert second.stop() == 0


def test_a_replica_that_dies_is_started_again(servers: ServerFactory) -> None:
    server = servers.start_ready("--processes", "2")
    replicas = replica_pids(server.process.pid)
    assert len(replicas) == 2
    os.kill(min(replicas), signal.SIGKILL)
    server.wait_for_line("Replica")
    assert len(replica_pids(server.process.pid)) == 2
    assert server.stop() == 0


def replica_pids(pid: int) -> set[int]:
    """The replicas below a server."""
    lines = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    replicas = {int(line.split()[0]) for line in lines if "mattock_engine.replica" in line}
    return replicas & descendants(pid)


def test_two_servers_share_a_database(servers: ServerFactory, postgres_url: str) -> None:
    env_files = [servers.folder / "first.env", servers.folder / "second.env"]
    both = [servers.start_ready("--database-url", postgres_url, "--env-file", str(file)) for file in env_files]
    tenants = {read_env(file)["MATTOCK_CLIENT_TENANT_ID"] for file in env_files}
    assert len(tenants) == 1
    assert [server.stop() for server in both] == [0, 0]
