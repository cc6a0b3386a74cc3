"""A gRPC server over HTTP/2 for asyncio, fast where an engine needs it: many small calls.

The published clients of gRPC (C core, Node, Go) work against it. HPACK is decoded by the `hpack` library behind a
cache; frames, flow control and message framing are our own, because the stock server costs some 250 µs of CPU a call.
"""

from .call import Call, StreamHandler
from .server import Server, Statistics
from .status import RpcError, Status

__all__ = ["Call", "RpcError", "Server", "Statistics", "Status", "StreamHandler"]
