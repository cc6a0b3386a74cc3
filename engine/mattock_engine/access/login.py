"""Log-ins of people: a link that works once, and the session that it begins.

Both are seals: texts that only this cluster can make. A link's use is noted in the store: no replica takes it twice.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable

from ..core.error import Code, Refused
from .seal import Seals

LINK_SECONDS = 900.0
SESSION_SECONDS = 7 * 86_400.0
_LINK, _SESSION = "login", "session"


class Logins:
    """Makes and reads links and sessions.

    Args:
        seals: makes and reads the texts.
        use: notes that a code (its hash) was used, until a time; False if it was before.
    """

    def __init__(self, seals: Seals, use: Callable[[bytes, float], Awaitable[bool]]) -> None:
        self._seals = seals
        self._use = use

    async def code(self, tenant_id: str) -> str:
        """The code of a link that logs a person in, once, within a quarter of an hour."""
        return await self._seals.make(_LINK, tenant_id, str(time.time() + LINK_SECONDS), secrets.token_hex(16))

    async def enter(self, code: str) -> str:
        """Begins a session; its text, for a cookie.

        Raises:
            Refused: PERMISSION_DENIED: the link is not ours, too old, or was used.
        """
        tenant_id, until = await self._read(_LINK, code)
        if not await self._use(hashlib.sha256(code.encode()).digest(), until):
            raise Refused(Code.PERMISSION_DENIED, "code: the link was used before; ask for another one", "code")
        return await self._seals.make(_SESSION, tenant_id, str(time.time() + SESSION_SECONDS), secrets.token_hex(16))

    async def tenant_of(self, session: str) -> str:
        """Whose session it is.

        Raises:
            Refused: PERMISSION_DENIED: it is not ours, or over.
        """
        return (await self._read(_SESSION, session))[0]

    async def _read(self, kind: str, text: str) -> tuple[str, float]:
        parts = await self._seals.read(text)
        if len(parts) != 4 or parts[0] != kind:
            raise Refused(Code.PERMISSION_DENIED, "seal: the link is not valid", "seal")
        until = float(parts[2])
        if until < time.time():
            raise Refused(Code.PERMISSION_DENIED, "seal: it is too old; ask for another link", "seal")
        return parts[1], until
