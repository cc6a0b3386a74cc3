"""What alerts are tested with: a tenant of its own, a clock that is set, a mail server and a receiver of webhooks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from aiosmtpd.smtp import SMTP
from mattock_engine.access import Vault
from mattock_engine.alert import Courier, Smtp, Watch
from mattock_engine.contracts.mattock import session_pb2 as pb
from mattock_engine.identity import new_id
from mattock_engine.role import Role

from .conftest import Client, House
from .test_session import CALL, WORK, assignments, register

FAILURE = b"Traceback (most recent call last):\n  a line\nValueError: no such customer"


class Receiver:
    """Keeps what is posted to it, and answers with the next of `statuses`, 200 when there are none."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_port}/hook/s3cret")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


class Mails:
    """Takes mail: for anybody but the addresses in `refused`."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(envelope)
        return "250 OK"


@asynccontextmanager
async def mail_server(mails: Mails, **options: Any) -> AsyncIterator[int]:
    """A mail server on the loopback; its port. `options` go to aiosmtpd."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mails, hostname="localhost", **options), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@dataclass
class Alarm:
    """A tenant with alerts.

    Attributes:
        now: what the watch takes for the time; it is the test's to move.
    """

    house: House
    client: Client
    now: float = field(default_factory=time.time)
    smtp: Smtp = field(default_factory=Smtp)

    def watch(self, owns: Callable[[str], bool] | None = None) -> Watch:
        """A watch, as a replica has one: new ones have no memory."""
        known = self.client.tenant_id
        return Watch(
            self.house.store,
            owns or (lambda tenant_id: tenant_id == known),
            Vault(self.house.store.cluster.secret),
            Courier(self.smtp),
            url="http://mattock.example",
            clock=lambda: self.now,
        )

    async def pass_by(self, seconds: float = 0.0) -> None:
        """Time goes by, and the watch looks and delivers once."""
        self.now += seconds
        watch = self.watch()
        await watch.look()
        await watch.deliver()

    async def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """A request to the tenant's API; what it answers."""
        reply = await self.client.http.request(method, self.client.stable + path, json=body)
        assert reply.status_code == status, f"{path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def hook(self, kept: Receiver, **more: Any) -> dict[str, Any]:
        """A channel to a receiver."""
        body = {"name": f"hook {new_id()}", "kind": "WEBHOOK", "url": kept.url} | more
        return dict(await self.send("POST", "/alert-channels", body, 201))

    async def rule(self, kind: str, threshold: float, channels: list[Any], **more: Any) -> dict[str, Any]:
        """A rule that tells channels."""
        ids = [each["metadata"]["id"] for each in channels]
        body = {"name": f"rule {new_id()}", "kind": kind, "threshold": threshold, "channelIds": ids} | more
        return dict(await self.send("POST", "/alert-rules", body, 201))

    async def alerts(self) -> list[dict[str, Any]]:
        """What has fired."""
        return list((await self.send("GET", "/alerts"))["rows"])

    async def trigger(self, name: str, count: int = 1) -> None:
        """Starts runs of a workflow, registered if need be."""
        await register(self.client, name)
        caller = self.client.stream(CALL, pb.CallResponse)
        ids = [new_id() for _ in range(count)]
        await caller.write(pb.CallRequest(triggers=[pb.TriggerItem(run_id=each, workflow=name) for each in ids]))
        accepted = 0
        while accepted < count:
            accepted += len((await caller.read()).accepted)
        caller.cancel()

    async def worker(self, name: str, slots: int = 1) -> Any:
        """A real worker of a workflow: its stream, once it is welcome."""
        stream = self.client.stream(WORK, pb.WorkResponse)
        hello = pb.WorkerHello(name="w", actions=[f"{name}:t"], slots={"default": slots})
        await stream.write(pb.WorkRequest(hello=hello))
        while not (await stream.read()).HasField("welcome"):
            pass
        return stream

    async def end(self, name: str, failed: int, completed: int = 0) -> None:
        """Runs of a workflow end, by a real worker."""
        await self.trigger(name, failed + completed)
        stream = await self.worker(name, 100)
        given = await assignments(stream, failed + completed)
        outcomes = [
            pb.TaskOutcome(
                task_id=each.task_id,
                attempt=each.attempt,
                kind=pb.OUTCOME_KIND_FAILED if number < failed else pb.OUTCOME_KIND_COMPLETED,
                payload=FAILURE if number < failed else b"{}",
                final=True,
                started_at=time.time(),
            )
            for number, each in enumerate(given)
        ]
        await stream.write(pb.WorkRequest(outcomes=outcomes))
        acknowledged = 0
        while acknowledged < len(given):
            acknowledged += len((await stream.read()).acknowledged)
        stream.cancel()
        self.now = max(self.now, time.time())


@asynccontextmanager
async def alarm_of(house: House) -> AsyncIterator[Alarm]:
    """A new tenant."""
    tenant_id = (await house.store.put_tenant(new_id(), f"t{new_id()[-12:]}", "Ink & Sons"))["tenant_id"]
    token = await house.tokens.issue(tenant_id, "alarm", role=Role.ADMIN)
    http = httpx.AsyncClient(base_url=house.ours.http.base_url, headers={"Authorization": f"Bearer {token}"})
    yield Alarm(house, Client(tenant_id, token, house.ours.channel, http))
    await http.aclose()
