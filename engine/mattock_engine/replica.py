"""One replica: an engine with its gateways on the server's sockets.

Runs inside the server's process, or as a program of its own below the supervisor (`python -m mattock_engine.replica`).
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import shutil
import signal
import socket
import sys
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from . import tracing
from .certificate import certificates
from .journal import start_log
from .store.error import StoreError
from .supervisor import FIGURES, READY, ReplicaPlan

if TYPE_CHECKING:
    from ssl import SSLContext

    from .access import OidcSettings, People, TokenService
    from .alert import Courier
    from .engine import Engine
    from .setting import Settings
    from .store import Store

log = logging.getLogger("mattock.replica")

# A message holds a payload and what stands around it.
ENVELOPE_BYTES = 64 * 1024
# Seconds that running calls get when the replica stops.
CALL_GRACE = 0.5
# Seconds between two rounds of upkeep: partitions of the days to come, and of those past retention.
UPKEEP_SECONDS = 900.0


def load() -> None:
    """Imports what a replica needs to be ready: it takes a while."""
    from . import access, engine  # noqa: F401
    from .gateways import door, hatchet, rest, session  # noqa: F401


class Replica:
    """An engine with its gateways.

    Args:
        plan: what it has to know.
        grpc: listening socket.
        http: listening socket.
    """

    def __init__(self, plan: ReplicaPlan, grpc: socket.socket, http: socket.socket) -> None:
        self._plan = plan
        self._grpc = grpc
        self._http = http
        self._stack = AsyncExitStack()

    async def start(self, store: Store | None = None, tokens: TokenService | None = None) -> None:
        """Starts to serve. REST follows half a second later (its imports are the longest); until then calls wait.

        Args:
            store: an open store, to be closed with the replica; it opens its own if not given.
            tokens: started; made if not given.
        """
        from .access import People, TokenService
        from .bootstrap import use_keys
        from .engine import Engine
        from .gateways import hatchet, session
        from .gateways.door import open_door
        from .identity import new_id
        from .intake import Intake
        from .setting import is_loopback
        from .store import Store

        plan, limit = self._plan, self._plan.settings.max_message_bytes
        tracing.start()
        self._stack.push_async_callback(asyncio.to_thread, tracing.stop)
        if store is None:
            store = await Store.open(plan.database_url, migrate_schema=False)
            await use_keys(store, plan.settings)
        self._stack.push_async_callback(store.close)
        if tokens is None:
            tokens = TokenService(store, plan.http_url, plan.grpc_address)
            await tokens.start()
        peer_host = "127.0.0.1" if is_loopback(plan.settings.host) else plan.settings.client_host
        engine = Engine(store, replica_id=new_id(), peer_host=peer_host)
        self._stack.push_async_callback(engine.stop)
        await engine.start()
        intake = Intake(engine, store, limit)
        self._stack.push_async_callback(intake.stop)
        intake.start()

        people = People(store)

        def on_notice(text: str) -> None:
            tokens.on_notice(text)
            people.on_notice(text)
            intake.on_notice(text)

        def on_gap() -> None:
            tokens.reload_soon()
            people.forget()
            intake.on_gap()

        store.cluster.listen(on_notice, on_gap)
        door = open_door(tokens, limit + ENVELOPE_BYTES)
        hatchet.register(door, engine, store, limit)
        session.register(door, engine, limit)
        grpc_tls, http_tls = certificates(plan.settings)
        await door.start(sock=self._grpc, ssl=grpc_tls)
        self._stack.push_async_callback(door.stop, CALL_GRACE)
        serving = self._serve_http(engine, store, tokens, people, http_tls)
        for work in (serving, self._keep_up(store), self._encrypt_anew(store), self._watch(engine, store)):
            self._stack.push_async_callback(_end, asyncio.create_task(work))

    async def _serve_http(
        self, engine: Engine, store: Store, tokens: TokenService, people: People, tls: SSLContext | None
    ) -> None:
        from .gateways import rest

        await asyncio.to_thread(_load_http)
        limit = self._plan.settings.max_message_bytes
        app = rest.build_app(
            engine,
            store,
            tokens,
            people,
            max_payload_bytes=limit,
            version=version("mattock-engine"),
            oidc=_oidc(self._plan.settings),
            courier=_courier(self._plan.settings),
            retention_days=self._plan.settings.retention_days,
        )
        server = await rest.serve(app, self._http, tls)
        try:
            await asyncio.Event().wait()
        finally:
            await server.stop()

    async def _keep_up(self, store: Store) -> None:
        from .store import StoreError
        from .store.retention import delete_expired

        while True:
            try:
                await store.add_partitions()
                await store.drop_partitions(self._plan.settings.retention_days)
                await delete_expired(store, self._plan.settings.retention_days)
            except StoreError as error:
                log.warning("upkeep failed, trying again later: %s", error)
            except Exception:
                log.exception("upkeep failed, trying again later")
            await asyncio.sleep(UPKEEP_SECONDS)

    async def _encrypt_anew(self, store: Store) -> None:
        from .store import StoreError
        from .store.rotation import register_keys, rotate

        while store.cipher is not None:
            try:
                # A key that this process still encrypts by must not be taken for one that is done with.
                await register_keys(store, store.cipher.ring)
                await rotate(store)
            except StoreError as error:
                log.warning("payloads are not encrypted anew, trying again later: %s", error)
            except Exception:
                log.exception("payloads are not encrypted anew, trying again later")
            await asyncio.sleep(UPKEEP_SECONDS)

    async def _watch(self, engine: Engine, store: Store) -> None:
        from .access import Vault
        from .alert import Watch

        settings = self._plan.settings
        watch = Watch(
            store,
            engine.owns,
            Vault(store.cluster.secret),
            _courier(settings),
            url=self._plan.http_url,
            every_seconds=settings.alert_seconds,
            keep_days=settings.retention_days,
        )
        await watch.run()

    async def stop(self) -> None:
        """Takes no more work, finishes what is being committed, and leaves. Harmless twice, or after a failed start."""
        await self._stack.aclose()


def _oidc(settings: Settings) -> OidcSettings | None:
    from .access import OidcSettings

    if not settings.oidc_issuer:
        return None
    return OidcSettings(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.oidc_role)


def _courier(settings: Settings) -> Courier:
    from .alert import Courier, Smtp

    smtp = Smtp(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_user,
        settings.smtp_password,
        settings.smtp_from,
    )
    return Courier(smtp, settings.alert_public_only)


def _load_http() -> None:
    from .gateways.rest import app, server  # noqa: F401


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _run_below_supervisor() -> int:
    loop = asyncio.get_running_loop()
    load()
    line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
    if not line:
        # The supervisor gave up, or was killed, before the plan was made.
        _clear_figures_at_exit()
        return 1
    plan = msgspec.json.decode(line, type=ReplicaPlan, dec_hook=_path)
    start_log(plan.settings.log_level, plan.settings.log_format)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def on_orphaned() -> None:
        _clear_figures_at_exit()
        loop.remove_reader(sys.stdin.fileno())
        stop.set()

    # The end of this pipe is the end of the supervisor.
    loop.add_reader(sys.stdin.fileno(), on_orphaned)
    grpc, http = socket.socket(fileno=plan.grpc_socket), socket.socket(fileno=plan.http_socket)
    replica = Replica(plan, grpc, http)
    try:
        await replica.start()
    except StoreError as error:
        log.error("replica %d cannot start: %s", plan.index, error)
        return 1
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    await stop.wait()
    try:
        await asyncio.wait_for(replica.stop(), plan.settings.shutdown_grace)
    except TimeoutError:
        log.warning("replica %d did not stop in time", plan.index)
        return 1
    return 0


def _clear_figures_at_exit() -> None:
    # A supervisor that was killed could not take its folder with it.
    atexit.register(shutil.rmtree, os.environ[FIGURES], ignore_errors=True)


def _path(kind: type, value: object) -> object:
    return kind(value)


def main() -> int:
    """The program of a replica below the supervisor; its exit code."""
    from .loop import new_loop

    # Ctrl-C is the supervisor's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_run_below_supervisor())


if __name__ == "__main__":
    sys.exit(main())
