"""Every method of gRPC is sent messages made up from its description, and bytes that are none: it answers, or refuses
with a code that names the caller's fault, and the server goes on as before."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from mattock_engine.contracts.hatchet import admin_pb2, dispatcher_pb2
from mattock_engine.identity import new_id

from .test_method import METHODS
from .test_refusal import PUT, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROUNDS = 8
TEXTS = (*("", "a", "w:t", "{}", "[]", '{"a":', "\0", "\N{SNOWMAN}" * 40, "x" * 5000, "true", "1h", "9" * 40 + "s"),)
NUMBERS = (0, 1, -1, 2, 7, 1000, 2**31 - 1, -(2**31))
# What a call may end with; the rest would be an error of ours.
FAIR = {
    *(grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ALREADY_EXISTS),
    *(grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNIMPLEMENTED),
    # A stream that waits for something to happen ends by its deadline.
    *(grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED),
}


def scalar(source: random.Random, field: Any, ids: list[str]) -> Any:
    """A value of a field: usual, odd, or the id of something that is there."""
    if field.type == FieldDescriptor.TYPE_STRING:
        return source.choice((*TEXTS, *ids))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return source.choice((b"", b"{}", b"\xff\x00", source.randbytes(40)))
    if field.type == FieldDescriptor.TYPE_BOOL:
        return source.random() < 0.5
    if field.type == FieldDescriptor.TYPE_ENUM:
        return source.choice((*(each.number for each in field.enum_type.values), 99))
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return source.choice((0.0, -1.5, 1e300, float("nan"), float("inf")))
    number = source.choice(NUMBERS)
    return abs(number) if field.cpp_type in (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64) else number


def fill(source: random.Random, message: Any, ids: list[str], depth: int = 0) -> Any:
    """A message some of whose fields are set."""
    for field in message.DESCRIPTOR.fields:
        if source.random() < 0.3 or depth > 4:
            continue
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if field.message_type.GetOptions().map_entry:
                continue
            for _ in range(source.randrange(3) if field.is_repeated else 1):
                part = getattr(message, field.name)
                part = part.add() if field.is_repeated else part
                part.SetInParent()
                fill(source, part, ids, depth + 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(scalar(source, field, ids) for _ in range(source.randrange(3)))
        else:
            setattr(message, field.name, scalar(source, field, ids))
    return message


@pytest.mark.parametrize("seed", range(3))
async def test_messages_that_nobody_would_send(house: Any, name: str, seed: int) -> None:
    client, source = house.theirs, random.Random(seed)
    await client.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)
    hello = dispatcher_pb2.WorkerRegisterRequest(worker_name="w", actions=["w:t"])
    worker = await client.call("/Dispatcher/Register", hello, dispatcher_pb2.WorkerRegisterResponse)
    ids = [name, worker.worker_id, new_id()]
    wrong = []

    async def ask(path: str, content: bytes) -> None:
        call = client.channel.unary_stream(path)(content, metadata=client.metadata, timeout=1)
        if await call.code() not in FAIR:
            wrong.append(f"{path}: {await call.code()} {await call.details()} {content.hex()[:400]}")

    for _ in range(ROUNDS):
        contents = {}
        for path in house.door.paths:
            if path in METHODS:
                kind = message_factory.GetMessageClass(METHODS[path].input_type)
                whole = fill(source, kind(), ids).SerializeToString()
                broken = source.randbytes(source.randrange(60))
                contents[path] = broken if source.random() < 0.2 else whole
        await asyncio.gather(*(ask(path, content) for path, content in contents.items()))
    assert not wrong, "\n".join(wrong)
    # It goes on as before.
    assert (await client.call(PUT, workflow(name=name), admin_pb2.CreateWorkflowVersionResponse)).workflow_id
