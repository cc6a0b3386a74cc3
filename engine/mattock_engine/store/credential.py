"""What shows who somebody is: tokens, the keys that sign them, and codes of log-in links."""

from __future__ import annotations

import asyncpg

from .database import Database, Statements


class Credentials:
    """Tokens, signing keys and log-in codes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._execute = Statements(database, "access")

    async def use_code(self, code_hash: bytes, until: float) -> bool:
        """Notes that a log-in link was used; False if it was before."""
        return bool(await self._execute("use_code", code_hash, until))

    async def put_signing_key(self, key_id: str, private_pem: str) -> None:
        """Stores a signing key."""
        await self._execute("put_signing_key", key_id, self._database.sealed(private_pem))

    async def signing_keys(self) -> list[tuple[str, str]]:
        """Ids and PEM texts of all signing keys, the oldest first."""
        return [
            (row["key_id"], self._database.opened(row["private_pem"])) for row in await self._execute("signing_keys")
        ]

    async def put_token(
        self, tenant_id: str, token_id: str, name: str, hashed: bytes, expires_at: float, role: str
    ) -> None:
        """Stores a token's row."""
        await self._execute("put_token", tenant_id, token_id, name, hashed, expires_at, role)

    async def tokens(self, tenant_id: str) -> list[asyncpg.Record]:
        """A tenant's tokens that are not revoked."""
        return await self._execute("tokens", tenant_id)

    async def valid_tokens(self) -> list[asyncpg.Record]:
        """Ids, tenants, hashes, names and roles of all tokens that are valid now."""
        return await self._execute("valid_tokens")

    async def note_use(self, token_ids: list[str]) -> None:
        """Notes that tokens were used just now."""
        await self._execute("note_use", token_ids)

    async def revoke_token(self, tenant_id: str, token_id: str) -> bool:
        """Revokes a token; False if there is none."""
        return bool(await self._execute("revoke_token", tenant_id, token_id))
