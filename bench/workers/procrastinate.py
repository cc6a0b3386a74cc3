"""Procrastinate's tasks and worker."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import time
from pathlib import Path

from procrastinate import App, PsycopgConnector

from ..tally import Tally
from .cron import far

CONCURRENCY = 100
STAMP = struct.Struct("<qq")

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_DATABASE_URL"], min_size=4, max_size=10))
tally = Tally()
_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def stamp_address() -> str:
    """The socket of the client, to which tasks tell when they began."""
    return str(Path(os.environ["BENCH_FOLDER"]) / "stamp")


def tell(number: int) -> None:
    """Tells the client that a task runs now."""
    _socket.sendto(STAMP.pack(number, time.time_ns()), stamp_address())


@app.task(name="noop", queue="main")
async def noop() -> None:
    """Nothing."""


@app.task(name="echo", queue="main")
async def echo(payload: str) -> str:
    """Returns what it was given."""
    return payload


@app.task(name="stamp", queue="main")
async def stamp(number: int) -> None:
    """Tells when it began."""
    tell(number)


@app.task(name="fan", queue="main")
async def fan(children: int, number: int) -> None:
    """Starts children, and tells their ids' end: it cannot await them."""
    ids = await noop.batch_defer_async(*({} for _ in range(children)))
    _socket.sendto(STAMP.pack(number, max(ids)), stamp_address())


@app.task(name="parked", queue="parked")
async def parked() -> None:
    """Waits in another queue; is counted."""
    tally.add()


@app.task(name="tick", queue="main")
async def tick(timestamp: int) -> None:
    """What crons would run."""


async def run() -> None:
    """Runs the worker."""
    for number in range(int(os.environ["BENCH_CRONS"])):
        app.periodic(cron=far(number), periodic_id=f"c{number}")(tick)
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        print("READY", flush=True)
        await app.run_worker_async(
            queues=os.environ["BENCH_SERVE"].split(","), concurrency=CONCURRENCY, shutdown_graceful_timeout=3
        )


def main() -> None:
    """Runs the worker."""
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(run())


if __name__ == "__main__":
    main()
