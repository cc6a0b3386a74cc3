"""One server: its store, its replicas, and what it tells the world; from start to stop.

The order of a start: sockets (the cheapest thing that can fail), data directory, Postgres, schema, replicas, env file,
ready lines. What comes first is undone last. The imports that take long run beside the start of Postgres.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from .connection import Connection, address
from .datadir import ENV_FILE, DataDirectory, write_private
from .journal import start_log
from .listener import open_listener, port_of
from .setting import SettingError, Settings
from .supervisor import ReplicaFailed, ReplicaPlan, Supervisor

if TYPE_CHECKING:
    from .store.embedded import EmbeddedPostgres

# Seconds between two looks whether the embedded Postgres still runs.
WATCH_POSTGRES_SECONDS = 0.5
# The tenant of a server that nobody has set up otherwise.
DEFAULT_TENANT = "default"
log = logging.getLogger("mattock.server")


class StartError(Exception):
    """The server cannot start or go on. The message is one line that says why and what to do."""


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
        print(f"{prog}: {error}", file=sys.stderr)
        return 1
    except ReplicaFailed as error:
        print(f"{prog}: {error}; the lines above say why", file=sys.stderr)
        return 1
    return 0


def new_loop() -> asyncio.AbstractEventLoop:
    """The event loop of servers and replicas."""
    import uvloop

    return uvloop.new_event_loop()


class Server:
    """A server in this process, with one replica in it or several below it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._directory = DataDirectory(settings.data_dir)
        self._stop_asked = asyncio.Event()
        self._signals = 0
        self._supervisor: Supervisor | None = None
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
        self._check_host()
        async with AsyncExitStack() as stack:
            grpc = stack.enter_context(open_listener(self.settings.host, self.settings.grpc_port, "--grpc-port"))
            http = stack.enter_context(open_listener(self.settings.host, self.settings.http_port, "--http-port"))
            await self._start(stack, grpc, http)
            await self._stop_asked.wait()
            log.info("stopping")
        if self._failure is not None:
            raise self._failure

    def _check_host(self) -> None:
        """Tokens travel in the clear: only this machine may listen in, unless somebody says otherwise."""
        host = self.settings.host.strip("[]")
        if host not in ("localhost", "::1") and not host.startswith("127.") and not self.settings.insecure:
            raise SettingError(
                f"--host: {host} can be reached by others, and traffic is not encrypted; add --insecure if that is "
                "wanted, or listen on 127.0.0.1"
            )

    def _on_signal(self) -> None:
        self._signals += 1
        self._stop_asked.set()
        if self._signals > 1:
            if self._supervisor is not None:
                self._supervisor.kill()
            os._exit(1)

    async def _start(self, stack: AsyncExitStack, grpc: socket.socket, http: socket.socket) -> None:
        url = await self._open_database(stack)
        plan = ReplicaPlan(
            settings=self.settings,
            database_url=url,
            grpc_address=address(self.settings.client_host, port_of(grpc)),
            http_url=f"http://{address(self.settings.client_host, port_of(http))}",
            grpc_socket=grpc.fileno(),
            http_socket=http.fileno(),
        )
        connection = await self._prepare(plan)
        if self.settings.processes == 1:
            await self._start_here(stack, plan, grpc, http)
        else:
            await self._start_children(stack, plan, grpc, http)
        if self.settings.env_file is not None:
            write_private(self.settings.env_file, connection.env_text())
        if not self.settings.database_url:
            write_private(self.settings.data_dir / ENV_FILE, connection.env_text())
        self._say_ready(connection)

    async def _open_database(self, stack: AsyncExitStack) -> str:
        """The store's URL; with the embedded Postgres started if that is what is wanted."""
        if self.settings.database_url:
            return self.settings.database_url
        from .store.embedded import EmbeddedPostgres
        from .store.error import StoreError

        self._directory.lock()
        stack.callback(self._directory.unlock)
        postgres = EmbeddedPostgres(self.settings.data_dir / "postgres")
        try:
            # The imports of what comes next take about as long as Postgres takes to start.
            url, _ = await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(_import_replica))
        except StoreError as error:
            raise StartError(str(error)) from None
        stack.callback(postgres.stop)
        watch = asyncio.create_task(self._watch_postgres(postgres))
        stack.callback(watch.cancel)
        return url

    async def _watch_postgres(self, postgres: EmbeddedPostgres) -> None:
        """Starts the embedded Postgres again when it has died: what was committed is in its log."""
        while True:
            await asyncio.sleep(WATCH_POSTGRES_SECONDS)
            if postgres.pid is None and not self._stop_asked.is_set():
                log.error("the embedded Postgres has ended; starting it again")
                try:
                    await asyncio.to_thread(postgres.start)
                except Exception as error:
                    self._failure = StartError(f"the embedded Postgres ended and does not start again: {error}")
                    self._stop_asked.set()
                    return

    async def _prepare(self, plan: ReplicaPlan) -> Connection:
        """Migrates, and makes what the first client needs: a tenant and a token."""
        from .access import TokenService
        from .identity import new_id
        from .store import Store, StoreError

        try:
            store = await Store.open(plan.database_url)
            try:
                tenant = await store.put_tenant(new_id(), DEFAULT_TENANT, "Default")
                tokens = TokenService(store, plan.http_url, plan.grpc_address)
                await tokens.start()
                token = await tokens.issue(tenant["tenant_id"], "server start", self.settings.token_days * 86_400.0)
            finally:
                await store.close()
        except StoreError as error:
            raise StartError(str(error)) from None
        return Connection(
            tenant_id=tenant["tenant_id"], token=token, grpc_address=plan.grpc_address, http_url=plan.http_url
        )

    async def _start_here(
        self, stack: AsyncExitStack, plan: ReplicaPlan, grpc: socket.socket, http: socket.socket
    ) -> None:
        from .replica import Replica

        replica = Replica(plan, grpc, http)
        stack.push_async_callback(replica.stop)
        await replica.start()

    async def _start_children(
        self, stack: AsyncExitStack, plan: ReplicaPlan, grpc: socket.socket, http: socket.socket
    ) -> None:
        self._supervisor = Supervisor(
            self.settings.processes,
            (grpc.fileno(), http.fileno()),
            lambda index, pid: log.info("replica %d runs again as process %d", index, pid),
        )
        stack.push_async_callback(self._supervisor.stop, self.settings.shutdown_grace)
        await self._supervisor.spawn()
        await self._supervisor.start(plan)

    def _say_ready(self, connection: Connection) -> None:
        database = "your Postgres" if self.settings.database_url else f"embedded Postgres in {self.settings.data_dir}"
        env_file = self.settings.env_file or self.settings.data_dir / ENV_FILE
        lines = [
            f"Mattock is ready (process {os.getpid()})",
            f"  gRPC      {connection.grpc_address}",
            f"  HTTP      {connection.http_url}",
            f"  database  {database}",
        ]
        if self.settings.env_file is not None or not self.settings.database_url:
            lines.append(f"  connect   set -a; . {env_file}; set +a")
        print("\n".join(lines), flush=True)


def _import_replica() -> None:
    """Loads the code of a replica."""
    from . import replica

    replica.load()
