"""Header blocks: decoded by `hpack`, with a cache for those that clients send over and over.

A block that does not change the dynamic table decodes to the same headers as long as the table stays the same. A gRPC
client's steady state is a few bytes that do exactly that, so a call costs a dictionary look-up.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from hpack import Decoder
from hpack.exceptions import HPACKError, OversizedHeaderListError

from . import frame as f
from .status import RpcError

MAX_HEADER_LIST = 64 * 1024
_CACHE_SIZE = 512


class Request:
    """The headers of a call.

    Attributes:
        path: `/service/method`.
        metadata: all headers but the pseudo ones, lower-case keys; the same object for the same block. Values of a
            key that was sent more than once are joined by commas.
        encoding: of the messages: `identity` or `gzip` (or what the client claims).
        timeout: seconds, None for none.
        refusal: the HTTP status that says why it is no gRPC request; None if it is one.
    """

    __slots__ = ("encoding", "metadata", "path", "refusal", "timeout")

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        pseudo: dict[str, str] = {}
        metadata: dict[str, str] = {}
        for key, value in headers:
            if key.startswith(":"):
                pseudo[key] = value
            else:
                metadata[key] = f"{metadata[key]},{value}" if key in metadata else value
        self.path = pseudo.get(":path", "")
        self.metadata: Mapping[str, str] = MappingProxyType(metadata)
        self.encoding = metadata.get("grpc-encoding", "identity")
        self.timeout = parse_timeout(metadata.get("grpc-timeout"))
        self.refusal: str | None = None
        if pseudo.get(":method") != "POST":
            self.refusal = "405"
        elif not _is_grpc(metadata.get("content-type", "")):
            self.refusal = "415"


def _is_grpc(content_type: str) -> bool:
    """`application/grpc`, and `+proto` or parameters after it; not `application/grpc-web`."""
    base = content_type.partition(";")[0].strip().lower()
    return base == "application/grpc" or base.startswith("application/grpc+")


_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def parse_timeout(text: str | None) -> float | None:
    """Seconds of a `grpc-timeout` value; None for none or a malformed one."""
    if not text or len(text) > 9 or text[-1] not in _UNITS or not (text.isascii() and text[:-1].isdigit()):
        return None
    return int(text[:-1]) * _UNITS[text[-1]]


class HeaderDecoder:
    """Decodes the header blocks of one connection, in their order."""

    __slots__ = ("_cache", "_decoder")

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=MAX_HEADER_LIST)
        # Holds for the dynamic table as it is now; emptied when that changes.
        self._cache: dict[bytes, Request] = {}

    def decode(self, block: bytes) -> Request:
        """The request of a block. Raises ConnectionFault if it is malformed or too large."""
        found = self._cache.get(block)
        if found is not None:
            return found
        table = self._decoder.header_table
        entries = table.dynamic_entries
        size, first, limit = len(entries), entries[0] if entries else None, table.maxsize
        try:
            headers = self._decoder.decode(block)
        except OversizedHeaderListError as error:
            raise f.ConnectionFault(f.ENHANCE_YOUR_CALM, f"header list larger than {MAX_HEADER_LIST} bytes") from error
        except (HPACKError, IndexError, ValueError) as error:
            raise f.ConnectionFault(f.COMPRESSION_ERROR, str(error) or "malformed header block") from error
        request = Request((_text(key), _text(value)) for key, value in headers)
        changed = len(entries) != size or table.maxsize != limit or (entries[0] if entries else None) is not first
        if changed or len(self._cache) >= _CACHE_SIZE:
            self._cache.clear()
        if not changed:
            self._cache[block] = request
        return request


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def literal(name: str, value: str) -> bytes:
    """A header as a literal that is never put into the table and not compressed."""
    key, text = name.encode(), value.encode()
    return b"\x10" + _length(len(key)) + key + _length(len(text)) + text


def _length(size: int) -> bytes:
    """An HPACK integer with a prefix of seven bits."""
    if size < 127:
        return bytes((size,))
    out = bytearray((127,))
    size -= 127
    while size >= 128:
        out.append(size % 128 + 128)
        size //= 128
    out.append(size)
    return bytes(out)


# `:status: 200` is entry 8 of the static table.
RESPONSE_HEADERS = b"\x88" + literal("content-type", "application/grpc")
TRAILERS_OK = literal("grpc-status", "0")
ACCEPT_ENCODING = literal("grpc-accept-encoding", "identity,deflate,gzip")

# All that is printable in ASCII but the percent sign.
_SAFE = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}~"


def trailers(error: RpcError) -> bytes:
    """The trailers of a call that failed."""
    block = literal("grpc-status", str(int(error.code)))
    if error.message:
        block += literal("grpc-message", quote(error.message, safe=_SAFE))
    if error.details is not None:
        block += literal("grpc-status-details-bin", b64encode(error.details).decode().rstrip("="))
    return block
