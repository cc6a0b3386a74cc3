"""Processes that the benchmark starts, and ends with all that is below them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class ProgramFailed(Exception):
    """A program ended, or did not answer in time; holds the end of its output."""


class Program:
    """A process, started at once.

    Args:
        name: for messages and its log.
        command: program and arguments.
        env: variables beside those of this process.
        folder: where its log goes.
    """

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        self._buffer = b""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore", **env},
                # A group of its own, so that all below it can be ended with it.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_for(self, start: str, seconds: float = 60.0) -> str:
        """Reads until a line begins so.

        Raises:
            ProgramFailed: it ended, or that took too long.
        """
        deadline = time.monotonic() + seconds
        while True:
            line = self._read_line(deadline)
            if line.startswith(start):
                return line

    def call(self, operation: str, limit: float, **arguments: Any) -> dict[str, Any]:
        """Sends a request as a line of JSON, and reads its answer.

        Raises:
            ProgramFailed: it failed, ended, or took too long.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"operation": operation, **arguments}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise ProgramFailed(f"{self.name} has ended: {self.tail()}") from None
        answer: dict[str, Any] = json.loads(self.wait_for('{"', limit))
        if "error" in answer:
            raise ProgramFailed(f"{self.name}, {operation}: {answer['error']}")
        return answer

    def ignore_output(self) -> None:
        """Reads and drops all that it prints from now on, so that it never blocks on that."""
        threading.Thread(target=self._drain, daemon=True).start()

    def stop(self, seconds: float = 15.0) -> None:
        """Asks it to end, ends it by force if it does not, and all that is left of its group. Harmless twice."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.stdin = None
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def tail(self) -> str:
        """The end of what it wrote to standard error."""
        with contextlib.suppress(OSError):
            return " | ".join(self._log.read_text("utf-8", "replace").strip().splitlines()[-12:])[-1500:]
        return ""

    def _drain(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            while os.read(output.fileno(), 1 << 16):
                pass

    def _read_line(self, deadline: float) -> str:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ProgramFailed(f"{self.name} did not answer in time: {self.tail()}")
            if select.select([handle], [], [], min(left, 1.0))[0]:
                chunk = os.read(handle, 1 << 20)
                if not chunk:
                    raise ProgramFailed(f"{self.name} ended ({self._process.wait()}): {self.tail()}")
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace")
