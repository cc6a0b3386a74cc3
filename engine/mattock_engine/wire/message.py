"""Messages of gRPC: five bytes before each, over the bounds of frames, compressed or not."""

from __future__ import annotations

import zlib

from .status import RpcError, Status

PREFIX_SIZE = 5
ENCODINGS = ("identity", "gzip", "deflate")
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def unknown_encoding(encoding: str) -> RpcError:
    """The refusal of an encoding that is not supported."""
    return RpcError(
        Status.UNIMPLEMENTED, f"grpc-encoding {encoding!r} is not supported; supported: {', '.join(ENCODINGS)}"
    )


class MessageReader:
    """Cuts the bytes of one call into messages.

    Args:
        encoding: what a message that says it is compressed is compressed with.
        limit: bytes a message may have, before and after decompression.
    """

    __slots__ = ("_buffer", "_encoding", "_limit", "_need")

    def __init__(self, encoding: str, limit: int) -> None:
        self._encoding = encoding
        self._limit = limit
        self._buffer: bytearray | None = None
        # Bytes that the message in the buffer takes, as far as is known.
        self._need = PREFIX_SIZE

    @property
    def buffered(self) -> int:
        """Bytes of a message that is not whole yet."""
        return 0 if self._buffer is None else len(self._buffer)

    def read(self, data: bytes) -> list[bytes]:
        """Takes bytes; returns the messages that they complete. Raises RpcError for a message that is refused."""
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._need:
                return []
            data = bytes(self._buffer)
            self._buffer, self._need = None, PREFIX_SIZE
        messages = []
        at, size = 0, len(data)
        while size - at >= PREFIX_SIZE:
            length = int.from_bytes(data[at + 1 : at + PREFIX_SIZE], "big")
            if length > self._limit:
                raise RpcError(
                    Status.RESOURCE_EXHAUSTED, f"received message larger than max ({length} vs. {self._limit})"
                )
            end = at + PREFIX_SIZE + length
            if end > size:
                self._need = PREFIX_SIZE + length
                break
            message = data[at + PREFIX_SIZE : end]
            messages.append(self._plain(data[at], message) if data[at] else message)
            at = end
        if at < size:
            self._buffer = bytearray(data[at:])
        return messages

    def _plain(self, flag: int, message: bytes) -> bytes:
        bits = _WINDOW_BITS.get(self._encoding)
        if flag != 1 or bits is None:
            raise RpcError(Status.INTERNAL, f"message with compression flag {flag} in a call of {self._encoding!r}")
        inflater = zlib.decompressobj(bits)
        try:
            # One byte more than is allowed tells a bomb without blowing it up.
            plain = inflater.decompress(message, self._limit + 1)
        except zlib.error as error:
            raise RpcError(Status.INTERNAL, f"message is not valid {self._encoding}: {error}") from error
        if len(plain) > self._limit:
            raise RpcError(
                Status.RESOURCE_EXHAUSTED,
                f"received message larger than max after decompression (more than {self._limit} bytes)",
            )
        if not inflater.eof:
            raise RpcError(Status.INTERNAL, f"message is not valid {self._encoding}: it is cut short")
        return plain
