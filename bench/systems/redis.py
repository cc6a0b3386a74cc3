"""A Redis server of one's own, configured as Debian's package is."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

from ..program import Program

# Debian's: snapshots now and then, no append-only file.
_DEBIAN = Path("/etc/redis/redis.conf")
_MISSING = "redis-server is not installed: apt install redis-server"


class Redis:
    """A Redis on a free port, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program: Program | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Its URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> list[int]:
        """Starts it; returns its processes."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = ["redis-server", *([str(_DEBIAN)] if _readable(_DEBIAN) else [])]
        command += ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--daemonize", "no"]
        command += ["--supervised", "no", "--pidfile", str(self._folder / "redis.pid"), "--logfile", ""]
        self._program = Program("redis", command, {}, self._folder)
        while b"Ready to accept" not in self._program.wait_for("").encode():
            pass
        self._program.ignore_output()
        return [self._program.pid]

    def stop(self) -> None:
        """Ends it. Harmless twice."""
        if self._program is not None:
            self._program.stop()
            self._program = None


def missing() -> str:
    """How to get it; "" if it is there."""
    return "" if shutil.which("redis-server") else _MISSING


def version() -> str:
    """Which Redis that is."""
    text = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
    return "Redis " + next(word for word in text.split() if word.startswith("v=")).removeprefix("v=")


def _readable(path: Path) -> bool:
    try:
        with path.open():
            return True
    except OSError:
        return False
