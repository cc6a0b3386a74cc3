"""What travels over a link, and how it is framed."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any, cast

import msgspec

from ..core import command as commands
from ..core import message as messages
from ..core import steer, step
from ..core.command import Command, Refusal

AnyCommand = (
    commands.AttachWorker
    | commands.CancelRuns
    | commands.BackfillCron
    | commands.ChangeCron
    | commands.ChangeSchedules
    | commands.ChangeWorker
    | commands.CloseSession
    | commands.DetachWorker
    | commands.DropCron
    | commands.DropFilter
    | commands.DropSchedules
    | commands.DropRateLimit
    | commands.DropWorkflow
    | commands.ExplainWait
    | commands.Heartbeat
    | commands.Listen
    | commands.Unlisten
    | commands.PauseRateLimit
    | commands.PauseWorkflow
    | commands.PushEvents
    | commands.PutCron
    | commands.PutSchedules
    | commands.RunCron
    | commands.RunSchedule
    | commands.PutFilter
    | commands.PutLogs
    | commands.PutRateLimit
    | commands.PutStream
    | commands.PutWorkflow
    | commands.RefreshTimeout
    | commands.RegisterWorker
    | commands.ReleaseSlot
    | commands.RemoveWorker
    | commands.ReplayRuns
    | commands.ReportTasks
    | commands.Trigger
    | commands.Undelivered
    | commands.UnwatchRuns
    | commands.WatchRuns
    | steer.CountWaiting
    | steer.ListConcurrency
    | steer.PauseRuns
    | steer.PutTenantLimits
    | commands.WatchTenant
    | step.AwaitSteps
    | step.EvictTask
    | step.FetchHistory
    | step.ForkTask
    | step.PutMemo
    | step.RecordSteps
    | step.RestoreTask
)

AnyMessage = (
    messages.Assign
    | messages.AssignBatch
    | messages.CancelTask
    | messages.RunEnded
    | messages.RunFinished
    | messages.SessionReplaced
    | messages.StepSettled
    | messages.StopTask
    | messages.StreamChunk
    | messages.TaskEvent
    | messages.TaskLogged
    | messages.TenantChanged
)

# Types of replies that plain MessagePack would not bring back as they were.
REPLY_TYPES: dict[type[Command], Any] = {
    commands.Trigger: list[str | Refusal],
    commands.PutWorkflow: tuple[str, str],
    commands.AttachWorker: list[tuple[str, int]],
    commands.PauseWorkflow: commands.PauseRow,
    commands.PutCron: commands.CronRow,
    commands.PutFilter: commands.FilterRow,
    commands.DropFilter: commands.FilterRow,
    steer.CountWaiting: list[steer.Waiting],
    steer.ListConcurrency: list[steer.ConcurrencyKey],
    step.AwaitSteps: list[tuple[str, int]],
    step.FetchHistory: list[commands.StepRow] | None,
    step.ForkTask: tuple[int, int],
    step.RecordSteps: list[step.StepAck | step.StepRefusal] | None,
}


class Hello(msgspec.Struct, tag=True, array_like=True):
    """First frame: the secret of the cluster, and who connects."""

    secret: str
    replica_id: str


class Call(msgspec.Struct, tag=True, array_like=True):
    """A command for the owner."""

    number: int
    tenant_id: str
    command: AnyCommand


class Reply(msgspec.Struct, tag=True, array_like=True):
    """The owner's reply."""

    number: int
    value: msgspec.Raw


class Refuse(msgspec.Struct, tag=True, array_like=True):
    """The owner's refusal: code, message, field."""

    number: int
    code: int
    message: str
    field: str


class Messages(msgspec.Struct, tag=True, array_like=True):
    """Messages for a session of the other side."""

    tenant_id: str
    session: str
    messages: list[AnyMessage]


class Rebuilt(msgspec.Struct, tag=True, array_like=True):
    """The tenant's state was built anew: its sessions must say again what they want."""

    tenant_id: str


Item = Hello | Call | Reply | Refuse | Messages | Rebuilt

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Item])
_LENGTH = struct.Struct(">I")
MAX_FRAME = 1 << 30


def encode_reply(value: Any) -> msgspec.Raw:
    """A reply's value, to be decoded by the type of its command."""
    return msgspec.Raw(_encoder.encode(value))


class FrameConnection(asyncio.Protocol):
    """A connection that sends and receives items in frames.

    Args:
        on_items: called with what came in, in order.
        on_close: called once when the connection has ended.
    """

    def __init__(
        self,
        on_items: Callable[[FrameConnection, list[Item]], None],
        on_close: Callable[[FrameConnection], None],
    ) -> None:
        self._on_items = on_items
        self._on_close = on_close
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._outgoing: list[Item] = []
        self._flushing = False
        self.peer: Hello | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._transport = None
        self._on_close(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME:
                self.close()
                return
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            frame = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            try:
                items = _decoder.decode(frame)
            except msgspec.MsgspecError:
                self.close()
                return
            self._on_items(self, items)

    def send(self, item: Item) -> None:
        """Queues an item; everything queued in one turn of the loop goes in one frame."""
        self._outgoing.append(item)
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        items, self._outgoing = self._outgoing, []
        if self._transport is not None and not self._transport.is_closing():
            frame = _encoder.encode(items)
            self._transport.write(_LENGTH.pack(len(frame)) + frame)

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()
