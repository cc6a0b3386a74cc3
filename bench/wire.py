"""What a gRPC call costs the server: our wire beside grpc.aio. `python -m bench.wire --help`.

Each server runs in a process of its own and tells what CPU it has used (`getrusage`, user and system); the client is
grpcio's in both cases. The servers take turns, round by round, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from statistics import median
from typing import Any

import grpc.aio
import uvloop

from . import lock

ECHO, USAGE, STREAM = "/bench.Wire/Echo", "/bench.Wire/Usage", "/bench.Wire/Stream"
SERVERS = ("mattock", "grpc.aio")
CONCURRENCIES = (1, 16)
# About the length of a signed token with our claims.
METADATA = (("authorization", "Bearer " + "t" * 500),)
MESSAGE = bytes(100)


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(prog="bench.wire", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=8000, help="calls a round (8000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts (5)")
    parser.add_argument("--deadline", type=float, help="seconds: every call has a deadline")
    parser.add_argument("--serve", choices=SERVERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_ours() if given.serve == SERVERS[0] else _serve_grpc())
        return
    try:
        with lock.hold(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(_measure(given.calls, given.rounds, given.deadline))
    except lock.Busy as error:
        sys.exit(f"bench: {error}")
    print(f"Median (and range) of {given.rounds} rounds of {given.calls} calls, {len(MESSAGE)} bytes each way.\n")
    print("| server CPU, µs | " + " | ".join(SERVERS) + " | ratio |")
    print("|---|---|---|---|")
    for what in [*(f"unary, {count} at a time" for count in CONCURRENCIES), "message of a server stream"]:
        ours, theirs = (figures[what, server] for server in SERVERS)
        print(f"| {what} | {_spread(ours)} | {_spread(theirs)} | {median(theirs) / median(ours):.1f} |")


def _spread(values: list[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


# ---- servers ----


def _usage() -> bytes:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return struct.pack(">d", used.ru_utime + used.ru_stime)


async def _serve_ours() -> None:
    from mattock_engine.wire import Call, Server

    async def stream(requests: AsyncIterator[bytes], call: Call) -> None:
        async for request in requests:
            for _ in range(int(request)):
                call.send(MESSAGE)
                await call.drain()

    server = Server()
    server.unary(ECHO, lambda message, call: message)
    server.unary(USAGE, lambda message, call: _usage())
    server.stream(STREAM, stream)
    _tell(await server.start())
    await _parent_gone()
    await server.stop()


async def _serve_grpc() -> None:
    async def echo(message: bytes, context: Any) -> bytes:
        return message

    async def usage(message: bytes, context: Any) -> bytes:
        return _usage()

    async def stream(message: bytes, context: Any) -> AsyncIterator[bytes]:
        for _ in range(int(message)):
            yield MESSAGE

    server = grpc.aio.server()
    handlers: dict[str, Any] = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo),
        "Usage": grpc.unary_unary_rpc_method_handler(usage),
        "Stream": grpc.unary_stream_rpc_method_handler(stream),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Wire", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _tell(port)
    await _parent_gone()
    await server.stop(0)


def _tell(port: int) -> None:
    os.write(1, b"%d\n" % port)


async def _parent_gone() -> None:
    """The client closes our standard input when it ends, however it ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


# ---- client ----


class _Client:
    def __init__(self, port: int, deadline: float | None) -> None:
        self.channel: Any = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        self._echo: Any = self.channel.unary_unary(ECHO)
        self._usage: Any = self.channel.unary_unary(USAGE)
        self._stream: Any = self.channel.unary_stream(STREAM)
        self._deadline = deadline

    async def used(self) -> float:
        """Seconds of CPU that the server has used."""
        return float(struct.unpack(">d", await self._usage(b""))[0])

    async def unary(self, calls: int, concurrency: int) -> float:
        """Microseconds of the server's CPU for a call."""
        left = iter(range(calls))

        async def work() -> None:
            for _ in left:
                reply = await self._echo(MESSAGE, metadata=METADATA, timeout=self._deadline)
                if reply != MESSAGE:
                    raise ValueError("the echo is wrong")

        before = await self.used()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        return (await self.used() - before) / calls * 1e6

    async def stream(self, messages: int) -> float:
        """Microseconds of the server's CPU for a message."""
        before = await self.used()
        got = 0
        async for _ in self._stream(b"%d" % messages, metadata=METADATA):
            got += 1
        if got != messages:
            raise ValueError(f"{got} of {messages} messages came")
        return (await self.used() - before) / messages * 1e6


async def _measure(calls: int, rounds: int, deadline: float | None) -> dict[tuple[str, str], list[float]]:
    figures: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        clients = {name: _Client(_start(stack, name), deadline) for name in SERVERS}
        for client in clients.values():
            await client.unary(calls // 4, 16)
            await client.stream(calls // 4)
        for _ in range(rounds):
            for name, client in clients.items():
                for count in CONCURRENCIES:
                    figures.setdefault((f"unary, {count} at a time", name), []).append(await client.unary(calls, count))
                figures.setdefault(("message of a server stream", name), []).append(await client.stream(calls))
        for client in clients.values():
            await client.channel.close()
    return figures


def _start(stack: ExitStack, name: str) -> int:
    server = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", "bench.wire", "--serve", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    )
    assert server.stdout is not None
    return int(server.stdout.readline())


if __name__ == "__main__":
    main()
