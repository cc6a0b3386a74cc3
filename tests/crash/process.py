"""A server and its workers as processes that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

READY = "Mattock is ready"
WORKER = Path(__file__).with_name("worker.py")


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def keep_reading(output: IO[str], log: Path) -> None:
    """Writes the rest of what a process prints into a file: nobody else reads it, and a full pipe would hold it up."""

    def copy() -> None:
        with log.open("a") as file:
            for line in output:
                file.write(line)

    threading.Thread(target=copy, daemon=True).start()


class ServerProcess:
    """A server on one data directory (or a database), with the same ports through all its restarts."""

    def __init__(self, folder: Path, processes: int = 1, database_url: str = "") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._database_url = database_url
        self._ports = (free_port(), free_port())
        self._processes = processes
        self._process: subprocess.Popen[str] | None = None
        self.env_file = folder / "client.env"

    def start(self) -> None:
        """Starts it, and waits for its ready line."""
        where = ("--database-url", self._database_url) if self._database_url else ("--data-dir", f"{self.folder}/data")
        log = self.folder / "server.log"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mattock_engine", *where),
                *("--grpc-port", str(self._ports[0]), "--http-port", str(self._ports[1])),
                *("--env-file", str(self.env_file), "--processes", str(self._processes)),
            ],
            stdout=subprocess.PIPE,
            stderr=log.open("a"),
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(READY):
                keep_reading(self._process.stdout, self.folder / "server.out")
                return
        code = self._process.wait()
        raise AssertionError(f"the server ended with exit code {code}: {log.read_text()[-2000:]}")

    @property
    def environment(self) -> dict[str, str]:
        """Variables that connect a client."""
        lines = self.env_file.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def database_url(self) -> str:
        """The embedded Postgres."""
        if self._database_url:
            return self._database_url
        return f"postgresql://postgres@/postgres?host={self.folder / 'data' / 'postgres'}"

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def halt(self) -> None:
        """Holds it where it is: from now on it sees and does nothing, until it is killed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def kill_postgres(self) -> None:
        """kill -9 of the postmaster; its children see to their own end."""
        pid_file = self.folder / "data" / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)

    @property
    def replicas(self) -> list[int]:
        """Process ids of its replicas, when there are several."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        marker = b"mattock_engine.replica"
        return [int(pid) for pid in children if marker in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def kill_replica(self, index: int) -> None:
        """kill -9 of one of its replicas."""
        while not (replicas := self.replicas):
            time.sleep(0.01)
        os.kill(replicas[index % len(replicas)], signal.SIGKILL)

    def kill_listener(self, port: int) -> None:
        """kill -9 of the replica that listens on a port."""
        (pid,) = [pid for pid in self.replicas if port in listening_ports(pid)]
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in good order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)


def listening_ports(pid: int) -> set[int]:
    """Ports that a process listens on."""
    links = (os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink())
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == "0A" and line[9] in inodes}


class WorkerProcess:
    """A worker of `worker.py`, ready once this is made."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER)], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "is ready" in line:
                keep_reading(self._process.stdout, log)
                return
        raise AssertionError("the worker ended before it was ready")

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
