"""A server of one's own, for notebooks and tests: `with mattock.embedded() as server:`."""

from __future__ import annotations

import asyncio
import collections
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from .client import Mattock
from .default import client as default_client
from .error import MattockError
from .setting import ClientSettings

_READY = "Mattock is ready"
_START_SECONDS = 60.0
# The server itself ends within 10 s.
_STOP_SECONDS = 15.0
_KEPT_LINES = 200


class EmbeddedError(MattockError):
    """The server did not start; holds what it printed."""


class EmbeddedServer:
    """A server as a process of its own; ended with the `with` block. Made by `mattock.embedded`.

    Attributes:
        env: its connection settings as environment variables.
    """

    def __init__(
        self, data_dir: str | os.PathLike[str] | None, arguments: Iterable[str], set_environment: bool
    ) -> None:
        self.env: dict[str, str] = {}
        self._data_dir = data_dir
        self._arguments = tuple(arguments)
        self._set_environment = set_environment
        self._before: dict[str, str | None] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._output: collections.deque[str] = collections.deque(maxlen=_KEPT_LINES)
        self._ready = threading.Event()
        self._clients: list[Mattock] = []

    @property
    def url(self) -> str:
        """Address of its REST server."""
        return self.env["MATTOCK_CLIENT_SERVER_URL"]

    @property
    def host_port(self) -> str:
        """Address of its gRPC server."""
        return self.env["MATTOCK_CLIENT_HOST_PORT"]

    @property
    def database_url(self) -> str:
        """Its Postgres, for programs of this machine: `mattock.enqueue` works in its transactions."""
        folder = self._data_dir or (Path(self._folder.name) / "data" if self._folder else "")
        return f"postgresql://postgres@/postgres?host={Path(folder).resolve() / 'postgres'}"

    def login_link(self) -> str:
        """A link that logs a person into the dashboard, once, within a quarter of an hour.

        Raises:
            RequestError: the server refused it.
            ConnectionError: the server is not there.
        """
        return self.client().login_link()

    @property
    def output(self) -> str:
        """What it has printed, the last lines of it."""
        return "\n".join(self._output)

    def client(self, **given: Any) -> Mattock:
        """A client of it; closed with the server."""
        client = Mattock(ClientSettings.read(self.env, **given))
        self._clients.append(client)
        return client

    def start(self) -> None:
        """Starts it, and waits until it is ready.

        Raises:
            EmbeddedError: it ended, or was not ready in time.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="mattock-")
        folder = Path(self._folder.name)
        env_file = folder / "server.env"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            self._command(folder, env_file),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        threading.Thread(target=self._read_output, args=(self._process,), daemon=True, name="mattock-server").start()
        try:
            in_time = self._ready.wait(_START_SECONDS)
            if not in_time or not env_file.exists():
                raise EmbeddedError(f"the server did not start:\n{self.output}")
            lines = env_file.read_text("utf-8").splitlines()
            self.env = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        except BaseException:
            self.stop()
            raise
        if self._set_environment:
            self._before = {name: os.environ.get(name) for name in self.env}
            os.environ.update(self.env)

    def _command(self, folder: Path, env_file: Path) -> list[str]:
        """How it is started; `folder` goes with it."""
        if importlib.util.find_spec("mattock_engine") is None:
            raise EmbeddedError("there is no server to embed: pip install 'mattock[server]'")
        command = [sys.executable, "-m", "mattock_engine"]
        command += ["--data-dir", str(self._data_dir or folder / "data"), "--grpc-port", "0", "--http-port", "0"]
        return [*command, "--env-file", str(env_file), *self._arguments]

    def stop(self) -> None:
        """Ends it: gracefully, and if that takes too long by force. Does nothing if it does not run."""
        for client in (*self._clients, *((default_client,) if self._before else ())):
            client.close()
        self._clients.clear()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _read_output(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._output.append(line.rstrip("\n"))
                if line.startswith(_READY):
                    self._ready.set()
        self._ready.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in (*self._clients, *((default_client,) if self._before else ())):
            await client.aio_close()
        await asyncio.to_thread(self.stop)


def embedded(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    arguments: Iterable[str] = (),
    set_environment: bool = True,
) -> EmbeddedServer:
    """A server of one's own, to use with `with` or `async with`. Needs `pip install mattock[server]`.

    Args:
        data_dir: where it keeps its data; by default in a folder that goes with it.
        arguments: further arguments of `mattock server`.
        set_environment: set the variables by which clients find it, while it runs, so that `Mattock()` and
            `mattock.task` just work.

    Raises:
        EmbeddedError: (when entered) it did not start.
    """
    return EmbeddedServer(data_dir, arguments, set_environment)
