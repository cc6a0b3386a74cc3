"""One server: its store, its replicas, and what it tells the world; from start to stop.

The order of a start: sockets (the cheapest thing that can fail), data directory, Postgres, schema, replicas, env file,
ready lines. What comes first is undone last. The imports that take long run beside the start of Postgres.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from . import guard
from .bootstrap import Bootstrap, StartError, explain, prepare
from .certificate import certificates
from .connection import Connection, address
from .datadir import ENV_FILE, DataDirectory, write_private
from .journal import start_log
from .listener import open_listener, port_of
from .loop import new_loop
from .setting import SettingError, Settings
from .supervisor import ReplicaFailed, ReplicaPlan, Supervisor

if TYPE_CHECKING:
    from .store.embedded import EmbeddedPostgres

# Seconds between two looks whether the embedded Postgres still runs.
WATCH_POSTGRES_SECONDS = 0.5
log = logging.getLogger("mattock.server")


def run(settings: Settings, prog: str = "mattock server") -> int:
    """Runs a server until SIGTERM or SIGINT.

    Returns:
        The exit code: 0 after an orderly stop, 1 when it could not start or go on (said on standard error).
    """
    start_log(settings.log_level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(Server(settings).run())
    except (SettingError, StartError) as error:
        _complain(settings, prog, str(error))
        return 1
    except ReplicaFailed as error:
        _complain(settings, prog, f"{error}; the lines above say why")
        return 1
    return 0


def _complain(settings: Settings, prog: str, text: str) -> None:
    if settings.log_format == "json":
        log.critical(text)
    else:
        print(f"{prog}: {text}", file=sys.stderr)


class Server:
    """A server in this process, with one replica in it or several below it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._directory = DataDirectory(settings.data_dir)
        self._stop_asked = asyncio.Event()
        self._signals = 0
        self._supervisor: Supervisor | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._failure: StartError | None = None

    async def run(self) -> None:
        """Starts, waits for a signal, stops.

        Raises:
            SettingError: a port is taken, the data directory is in use, …
            StartError: the database cannot be used, or went away for good.
            ReplicaFailed: a replica did not start.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        # Read for the errors' sake: each replica reads its own.
        certificates(self.settings)
        async with AsyncExitStack() as stack:
            grpc = stack.enter_context(open_listener(self.settings.host, self.settings.grpc_port, "--grpc-port"))
            http = stack.enter_context(open_listener(self.settings.host, self.settings.http_port, "--http-port"))
            starting = asyncio.create_task(self._start(stack, grpc, http))
            stopping = asyncio.create_task(self._stop_asked.wait())
            try:
                await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    await starting
                    await stopping
            finally:
                starting.cancel()
                stopping.cancel()
                await asyncio.wait((starting, stopping))
            log.info("stopping")
        if self._failure is not None:
            raise self._failure

    def _on_signal(self) -> None:
        self._signals += 1
        self._stop_asked.set()
        if self._signals > 1:
            self._end_at_once()

    def _end_at_once(self) -> None:
        if self._supervisor is not None:
            self._supervisor.kill()
        pid = self._postgres.pid if self._postgres is not None else None
        if pid is not None:
            # Postgres' word for an immediate stop; the next start reads its log.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        os._exit(1)

    async def _start(self, stack: AsyncExitStack, grpc: socket.socket, http: socket.socket) -> None:
        if self.settings.processes > 1:
            # They load their code while Postgres starts.
            await self._spawn_children(stack, grpc, http)
        plan = ReplicaPlan(
            settings=self.settings,
            database_url=await self._open_database(stack),
            grpc_address=address(self.settings.client_host, port_of(grpc)),
            http_url=f"{self.settings.http_scheme}://{address(self.settings.client_host, port_of(http))}",
            grpc_socket=grpc.fileno(),
            http_socket=http.fileno(),
        )
        prepared = await prepare(plan, self._directory)
        if self._supervisor is None:
            await self._start_here(stack, plan, prepared, grpc, http)
        else:
            await prepared.store.close()
            await self._supervisor.start(plan)
        self._write_env_files(stack, prepared.connection)
        self._say_ready(prepared)

    async def _open_database(self, stack: AsyncExitStack) -> str:
        """The store's URL; with the embedded Postgres started if that is what is wanted."""
        if self.settings.database_url:
            # Only the file that the command line looks for is kept there.
            with contextlib.suppress(SettingError):
                self._directory.prepare()
            await asyncio.to_thread(_load)
            return self.settings.database_url
        self._directory.lock()
        stack.callback(self._directory.unlock)
        await self._start_guard(stack)
        # The imports of what comes next take about as long as Postgres takes to start.
        url, _ = await asyncio.gather(asyncio.to_thread(self._start_postgres, stack), asyncio.to_thread(_load))
        watch = asyncio.create_task(self._watch_postgres())
        stack.callback(watch.cancel)
        return url

    async def _start_guard(self, stack: AsyncExitStack) -> None:
        """Starts what stops Postgres should this process be killed."""
        command = (sys.executable, "-I", "-S", guard.__file__, str(self.settings.data_dir))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, start_new_session=True)

        async def stop() -> None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

        stack.push_async_callback(stop)

    def _start_postgres(self, stack: AsyncExitStack) -> str:
        from .store.embedded import EmbeddedPostgres
        from .store.error import StoreError

        self._postgres = EmbeddedPostgres(self.settings.data_dir / "postgres")
        stack.callback(self._postgres.stop)
        try:
            return self._postgres.start()
        except StoreError as error:
            raise StartError(explain(error, self.settings)) from None

    async def _watch_postgres(self) -> None:
        """Starts the embedded Postgres again when it has died: what was committed is in its log."""
        assert self._postgres is not None
        while True:
            await asyncio.sleep(WATCH_POSTGRES_SECONDS)
            if self._postgres.pid is None and not self._stop_asked.is_set():
                log.error("the embedded Postgres has ended; starting it again")
                try:
                    await asyncio.to_thread(self._postgres.start)
                except Exception as error:
                    self._failure = StartError(f"the embedded Postgres ended and does not start again: {error}")
                    self._stop_asked.set()
                    return

    async def _start_here(
        self, stack: AsyncExitStack, plan: ReplicaPlan, prepared: Bootstrap, grpc: socket.socket, http: socket.socket
    ) -> None:
        from .replica import Replica
        from .store.error import StoreError

        replica = Replica(plan, grpc, http)

        async def stop() -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(replica.stop(), self.settings.shutdown_grace)

        stack.push_async_callback(stop)
        try:
            await replica.start(prepared.store, prepared.tokens)
        except StoreError as error:
            raise StartError(explain(error, self.settings)) from None

    async def _spawn_children(self, stack: AsyncExitStack, grpc: socket.socket, http: socket.socket) -> None:
        self._supervisor = Supervisor(
            self.settings.processes,
            (grpc.fileno(), http.fileno()),
            lambda index, pid: print(f"Replica {index} runs again (pid {pid})", flush=True),
        )
        stack.push_async_callback(self._supervisor.stop, self.settings.shutdown_grace)
        await self._supervisor.spawn()

    def _write_env_files(self, stack: AsyncExitStack, connection: Connection) -> None:
        """Writes the file that was asked for, and the one by which commands on this machine find the server."""
        text = connection.env_text()
        if self.settings.env_file is not None:
            try:
                write_private(self.settings.env_file, text)
            except OSError as error:
                raise SettingError(f"--env-file: cannot write {self.settings.env_file}: {error.strerror}") from None
        own = self.settings.data_dir / ENV_FILE
        with contextlib.suppress(OSError):
            write_private(own, text)
            stack.callback(_remove, own, text)

    def _say_ready(self, prepared: Bootstrap) -> None:
        connection = prepared.connection
        database = "your Postgres" if self.settings.database_url else f"embedded Postgres in {self.settings.data_dir}"
        env_file = self.settings.env_file or self.settings.data_dir / ENV_FILE
        lines = [
            f"Mattock is ready (pid {os.getpid()})",
            f"  gRPC      {connection.grpc_address}",
            f"  HTTP      {connection.http_url}",
            f"  database  {database}",
            f"  dashboard {connection.http_url}/login?code={prepared.login_code}",
            f"  connect   set -a; . {env_file}; set +a",
        ]
        print("\n".join(lines), flush=True)


def _load() -> None:
    from . import replica

    replica.load()


def _remove(path: Path, text: str) -> None:
    """Removes an env file, unless another server has written its own there."""
    with contextlib.suppress(OSError):
        if path.read_text("utf-8") == text:
            path.unlink()
