"""Seals: texts in links that only this cluster can make, and that name one thing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable

from ..core.error import Code, Refused

_BYTES = 16


class Seals:
    """Makes and reads seals.

    Args:
        secret: gives the cluster's secret.
    """

    def __init__(self, secret: Callable[[], Awaitable[str]]) -> None:
        self._secret = secret
        self._key = b""

    async def make(self, *parts: str) -> str:
        """A seal for these texts, fit for a URL."""
        body = json.dumps(parts, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(await self._sign(body) + body).decode().rstrip("=")

    async def read(self, seal: str) -> tuple[str, ...]:
        """The texts of a seal.

        Raises:
            Refused: PERMISSION_DENIED if it was not made here.
        """
        try:
            data = base64.urlsafe_b64decode(seal + "=" * (-len(seal) % 4))
        except ValueError:
            data = b""
        body = data[_BYTES:]
        if not body or not hmac.compare_digest(data[:_BYTES], await self._sign(body)):
            raise Refused(Code.PERMISSION_DENIED, "seal: the link is not valid", "seal")
        return tuple(json.loads(body))

    async def _sign(self, body: bytes) -> bytes:
        if not self._key:
            secret = await self._secret()
            self._key = hashlib.sha256(b"seal/" + secret.encode()).digest()
        return hmac.digest(self._key, body, "sha256")[:_BYTES]
