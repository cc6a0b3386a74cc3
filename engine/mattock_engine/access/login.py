"""Log-in by a link that works once.

A link is a seal: a text that only this cluster can make. Its use is noted in the store: no replica takes it twice.
"""

from __future__ import annotations

import hashlib
import secrets
import time

from ..core.error import Code, Refused
from ..store import Store
from .seal import Seals

LINK_SECONDS = 900.0
_KIND = "login"


class Logins:
    """Makes and reads links; `seals` makes their texts, `store` notes their use."""

    def __init__(self, seals: Seals, store: Store) -> None:
        self._seals = seals
        self._store = store

    async def code(self, person_id: str) -> str:
        """The code of a link that logs a person in, once, within a quarter of an hour."""
        return await self._seals.make(_KIND, person_id, str(time.time() + LINK_SECONDS), secrets.token_hex(8))

    async def enter(self, code: str) -> str:
        """Uses a code; the person whose it is.

        Raises:
            Refused: PERMISSION_DENIED: the link is not ours, too old, or was used.
        """
        parts = await self._seals.read(code)
        if len(parts) != 4 or parts[0] != _KIND:
            raise Refused(Code.PERMISSION_DENIED, "seal: the link is not valid", "seal")
        until = float(parts[2])
        if until < time.time():
            raise Refused(Code.PERMISSION_DENIED, "seal: it is too old; ask for another link", "seal")
        if not await self._store.credentials.use_code(hashlib.sha256(code.encode()).digest(), until):
            raise Refused(Code.PERMISSION_DENIED, "code: the link was used before; ask for another one", "code")
        return parts[1]
