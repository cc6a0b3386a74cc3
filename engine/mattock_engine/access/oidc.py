"""Log-in by an OpenID Connect provider: the authorization code flow with PKCE.

What has to be remembered between the two halves (state, nonce, verifier, where to go on) is sealed into a cookie of the
browser that began: the second half may come to another replica, and works in no other browser.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import msgspec

from ..core.error import Code, Refused
from .seal import Seals

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

ATTEMPT_SECONDS = 600.0
_KIND = "oidc"
_TIMEOUT = 10.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class OidcSettings(msgspec.Struct, frozen=True):
    """The provider, and what strangers get.

    Attributes:
        issuer: the provider's URL; its configuration stands below it at `/.well-known/openid-configuration`.
        role: of people whom nobody has invited, in the first tenant; "" = they are refused.
    """

    issuer: str
    client_id: str
    client_secret: str
    role: str


class Identity(msgspec.Struct, frozen=True):
    """Whom the provider vouches for, and where they wanted to go."""

    email: str
    name: str
    to: str


class Oidc:
    """One provider; `seals` makes the cookies' texts."""

    def __init__(self, settings: OidcSettings, seals: Seals) -> None:
        self.settings = settings
        self._seals = seals
        self._found: dict[str, Any] = {}

    async def begin(self, redirect_uri: str, to: str) -> tuple[str, str]:
        """The first half.

        Args:
            redirect_uri: where the provider sends the browser back to.
            to: where the person wants to go after that.

        Returns:
            The provider's URL to send the browser to, and the text of the cookie.

        Raises:
            Refused: UNAVAILABLE: the provider cannot be reached.
        """
        found = await self._discover()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client(redirect_uri) as client:
            url, state = client.create_authorization_url(
                found["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        until = str(time.time() + ATTEMPT_SECONDS)
        return url, await self._seals.make(_KIND, state, nonce, verifier, to, until)

    async def finish(self, redirect_uri: str, cookie: str, state: str, code: str) -> Identity:
        """The second half: exchanges the code, and checks what the provider says.

        Raises:
            Refused: PERMISSION_DENIED: another browser began, it took too long, or the provider's word does not
                hold; UNAVAILABLE: the provider cannot be reached.
        """
        parts = await self._seals.read(cookie)
        if len(parts) != 6 or parts[0] != _KIND or float(parts[5]) < time.time():
            raise _refused("it took too long; begin again")
        _, begun, nonce, verifier, to, _ = parts
        if not secrets.compare_digest(begun.encode(), state.encode()):
            raise _refused("another browser began this log-in")
        found = await self._discover()
        claims = await self._exchange(found, redirect_uri, code, verifier)
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _refused("the provider answered another question")
        email = str(claims.get("email", ""))
        if not email or claims.get("email_verified") is not True:
            raise _refused("the provider does not vouch for an e-mail address")
        return Identity(email, str(claims.get("name") or email), to)

    async def _exchange(self, found: dict[str, Any], redirect_uri: str, code: str, verifier: str) -> dict[str, Any]:
        from authlib.integrations.base_client import OAuthError

        try:
            async with self._client(redirect_uri) as client:
                token = await client.fetch_token(found["token_endpoint"], code=code, code_verifier=verifier)
                keys = (await client.request("GET", found["jwks_uri"], withhold_token=True)).raise_for_status().json()
        except OAuthError as error:
            raise _refused(f"the provider refuses: {error.description or error.error}") from error
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise _unreachable(error) from error
        try:
            return await asyncio.to_thread(self._read, str(token.get("id_token", "")), keys, found["issuer"])
        except (jwt.PyJWTError, KeyError) as error:
            raise _refused(f"the provider's token does not hold: {error}") from error

    def _read(self, text: str, keys: dict[str, Any], issuer: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(text)
        known = jwt.PyJWKSet.from_dict(keys).keys
        # Without an id there must be one key alone.
        key = next(each for each in known if each.key_id == header.get("kid")) if header.get("kid") else known[0]
        claims: dict[str, Any] = jwt.decode(
            text,
            key,
            _ALGORITHMS,
            audience=self.settings.client_id,
            issuer=issuer,
            leeway=30,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        return claims

    async def _discover(self) -> dict[str, Any]:
        if not self._found:
            url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
                    self._found = (await client.get(url)).raise_for_status().json()
            except (httpx.HTTPError, json.JSONDecodeError) as error:
                raise _unreachable(error) from error
        return self._found

    def _client(self, redirect_uri: str) -> AsyncOAuth2Client:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            self.settings.client_id,
            self.settings.client_secret,
            scope="openid email profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
        )


def _refused(why: str) -> Refused:
    return Refused(Code.PERMISSION_DENIED, f"oidc: {why}", "oidc")


def _unreachable(error: Exception) -> Refused:
    return Refused(Code.UNAVAILABLE, f"oidc: the provider cannot be reached: {error}", "oidc")
