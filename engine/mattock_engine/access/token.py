"""API tokens: signed JWTs (ES256) with the claims that the shared contract's SDKs read.

A token is checked without a look at the database: its signature tells that we made it, and the ids of all valid
tokens are in memory, renewed whenever one is made or revoked anywhere in the cluster.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..identity import new_id
from ..port import Principal
from ..role import Role
from ..store import DatabaseDown, Store

logger = logging.getLogger(__name__)

ALGORITHM = "ES256"
DEFAULT_EXPIRY_SECONDS = 90 * 86_400.0
NOTICE = "tokens"
# Seconds after which the last use of tokens is written.
NOTE_SECONDS = 2.0
_CACHED_TOKENS = 10_000


class InvalidToken(Exception):
    """The token does not hold; the message says why, as far as that is harmless."""


class TokenService:
    """Makes and checks tokens.

    Args:
        store: where keys and token rows are kept.
        server_url: base of the REST API, a claim.
        grpc_address: `host:port` for gRPC, a claim.
    """

    def __init__(self, store: Store, server_url: str, grpc_address: str) -> None:
        self._store = store
        self.server_url = server_url
        self.grpc_address = grpc_address
        self._signing: tuple[str, ec.EllipticCurvePrivateKey] | None = None
        self._public: dict[str, ec.EllipticCurvePublicKey] = {}
        self._valid: dict[str, tuple[bytes, Principal]] = {}
        self._cache: dict[str, tuple[Principal, float]] = {}
        self._used: set[str] = set()
        self._reloading = asyncio.Lock()
        self._reloads: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Loads the keys (the first start makes one) and the valid tokens."""
        keys = await self._store.credentials.signing_keys()
        if not keys:
            fresh = ec.generate_private_key(ec.SECP256R1())
            made = fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            await self._store.credentials.put_signing_key(new_id(), made.decode())
            keys = await self._store.credentials.signing_keys()
        for key_id, pem in keys:
            private = serialization.load_pem_private_key(pem.encode(), None)
            assert isinstance(private, ec.EllipticCurvePrivateKey)
            self._public[key_id] = private.public_key()
            # The oldest key signs, so that replicas that start together agree.
            self._signing = self._signing or (key_id, private)
        await self.reload()

    async def reload(self) -> None:
        """Reads anew which tokens are valid. One after the other: what was read earlier must not come later."""
        async with self._reloading:
            rows = await self._store.credentials.valid_tokens()
            self._valid = {
                row["token_id"]: (
                    bytes(row["hash"]),
                    Principal(row["tenant_id"], row["token_id"], Role[row["role"]], actor=row["name"]),
                )
                for row in rows
            }
            self._cache.clear()

    def on_notice(self, text: str) -> None:
        """A notification of the store: tokens have changed somewhere."""
        if text == NOTICE:
            self.reload_soon()

    def reload_soon(self) -> None:
        """Reads anew in the background."""
        task = asyncio.ensure_future(self.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def issue(
        self, tenant_id: str, name: str, expires_in: float = DEFAULT_EXPIRY_SECONDS, role: Role = Role.MEMBER
    ) -> str:
        """Makes a token.

        Args:
            tenant_id: whose.
            name: for people.
            expires_in: seconds.
            role: what who shows it may do.
        """
        assert self._signing is not None
        key_id, private = self._signing
        token_id, now = new_id(), time.time()
        claims = {
            "sub": tenant_id,
            "iss": self.server_url,
            "aud": self.server_url,
            "iat": int(now),
            "exp": int(now + expires_in),
            "token_id": token_id,
            "server_url": self.server_url,
            "grpc_broadcast_address": self.grpc_address,
        }
        token = jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": key_id})
        hashed = hashlib.sha256(token.encode()).digest()
        await self._store.credentials.put_token(tenant_id, token_id, name, hashed, now + expires_in, role.name)
        await self.reload()
        await self._store.cluster.notify(NOTICE)
        return token

    async def revoke(self, tenant_id: str, token_id: str) -> bool:
        """Revokes a token at once; False if there is none."""
        revoked = await self._store.credentials.revoke_token(tenant_id, token_id)
        await self.reload()
        await self._store.cluster.notify(NOTICE)
        return revoked

    def verify(self, token: str) -> Principal:
        """Who shows this token. Raises `InvalidToken`."""
        cached = self._cache.get(token)
        if cached is not None:
            if cached[1] < time.time():
                raise InvalidToken("the token has expired")
            self._note_use(cached[0].token_id)
            return cached[0]
        claims = self._claims(token)
        token_id = str(claims.get("token_id", ""))
        hashed, principal = self._valid.get(token_id, (b"", None))
        known = principal is not None and principal.tenant_id == claims.get("sub")
        if principal is None or not known or hashed != hashlib.sha256(token.encode()).digest():
            raise InvalidToken("the token is not known, or was revoked")
        if len(self._cache) >= _CACHED_TOKENS:
            self._cache.clear()
        self._cache[token] = (principal, float(claims["exp"]))
        self._note_use(token_id)
        return principal

    def _note_use(self, token_id: str) -> None:
        """Remembers that a token was used; what is remembered is written together, a little later."""
        if not self._used:
            asyncio.get_running_loop().call_later(NOTE_SECONDS, self._write_uses)
        self._used.add(token_id)

    def _write_uses(self) -> None:
        used = sorted(self._used)
        self._used.clear()

        async def write() -> None:
            try:
                await self._store.credentials.note_use(used)
            except DatabaseDown as error:
                logger.info("the last use of %d tokens is not noted: %s", len(used), error)

        task = asyncio.ensure_future(write())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            key_id = jwt.get_unverified_header(token).get("kid", "")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public[key_id],
                algorithms=[ALGORITHM],
                # Servers move: the audience is what the token was made for, and need not be this address.
                options={"require": ["exp", "iat", "sub", "token_id"], "verify_aud": False},
                leeway=5,
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("the token has expired") from error
        except (jwt.InvalidTokenError, KeyError) as error:
            raise InvalidToken("the token was not made by this server") from error
        return claims
