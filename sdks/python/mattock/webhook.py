"""Incoming webhooks: deliveries of other services that become events; over REST."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .duration import Duration, to_seconds
from .rest import Found, _nothing, _Request, _Rest

Source = Literal["GENERIC", "GITHUB", "STRIPE", "SLACK", "LINEAR", "SVIX"]


@dataclass(frozen=True)
class BasicAuth:
    """The sender shows a name and a password."""

    username: str
    password: str


@dataclass(frozen=True)
class ApiKeyAuth:
    """The sender shows a key in a header."""

    header_name: str
    api_key: str


@dataclass(frozen=True)
class HmacAuth:
    """The sender signs the body.

    Attributes:
        signing_secret: shared with it.
        signature_header_name, algorithm, encoding: of a GENERIC sender; the others have theirs.
        replay_window: for how long a body that was taken is refused when it comes again, in whole seconds, thirty days
            at most; 0: never. Of the senders GENERIC and GITHUB, which sign no time; None: three days.
    """

    signing_secret: str
    signature_header_name: str = "X-Signature"
    algorithm: Literal["SHA1", "SHA256", "SHA512", "MD5"] = "SHA256"
    encoding: Literal["HEX", "BASE64", "BASE64URL"] = "HEX"
    replay_window: Duration | None = None


@dataclass(frozen=True)
class WebhookDetails:
    """A webhook.

    Attributes:
        name: unique in the tenant.
        source: whose deliveries it takes.
        url: where they are sent to.
        event_key_expression, scope_expression: CEL over `input` and `headers` that gives the event's key and scope.
        accepted: how many deliveries it took; refused: how many it did not, by the reason.
    """

    name: str
    source: Source
    url: str
    event_key_expression: str
    scope_expression: str
    accepted: int
    refused: dict[str, int]


class Webhooks(_Rest):
    """Incoming webhooks. Each method is there twice: blocking, and as a coroutine with `aio_`.

    All raise `RequestError` if the server refuses (code 404: no such webhook, 409: its name is taken), and
    `ConnectionError` if it is not there.
    """

    def create(
        self,
        name: str,
        event_key_expression: str,
        auth: BasicAuth | ApiKeyAuth | HmacAuth,
        *,
        source: Source = "GENERIC",
        scope_expression: str = "",
        static_payload: Mapping[str, Any] | None = None,
    ) -> WebhookDetails:
        """Makes a webhook.

        Args:
            name: its name, which its URL ends with: letters, digits, `.`, `_`, `-`.
            event_key_expression: CEL that gives the key of the event from `input` (the body) and `headers` (in lower
                case): `"'github:' + headers['x-github-event']"`.
            auth: how a delivery is known to be the sender's.
            source: who sends.
            scope_expression: CEL that gives the event's scope.
            static_payload: goes into each event's payload; its keys win.

        Returns:
            The webhook, with the URL to give to the sender.
        """
        return self._send(self._create(name, event_key_expression, auth, source, scope_expression, static_payload))

    async def aio_create(
        self,
        name: str,
        event_key_expression: str,
        auth: BasicAuth | ApiKeyAuth | HmacAuth,
        *,
        source: Source = "GENERIC",
        scope_expression: str = "",
        static_payload: Mapping[str, Any] | None = None,
    ) -> WebhookDetails:
        """Makes a webhook; as `create`."""
        request = self._create(name, event_key_expression, auth, source, scope_expression, static_payload)
        return await self._aio_send(request)

    def get(self, name: str) -> WebhookDetails:
        """A webhook, with what it has counted.

        Args:
            name: its name.
        """
        return self._send(self._get(name))

    async def aio_get(self, name: str) -> WebhookDetails:
        """A webhook; as `get`."""
        return await self._aio_send(self._get(name))

    def list(self) -> Found[WebhookDetails]:
        """All webhooks by name, up to a thousand."""
        return self._send(self._list())

    async def aio_list(self) -> Found[WebhookDetails]:
        """All webhooks; as `list`."""
        return await self._aio_send(self._list())

    def delete(self, name: str) -> None:
        """Deletes a webhook: what comes to it is refused from now on.

        Args:
            name: its name.
        """
        self._send(self._delete(name))

    async def aio_delete(self, name: str) -> None:
        """Deletes a webhook; as `delete`."""
        await self._aio_send(self._delete(name))

    # ---- requests

    def _path(self, name: str = "") -> str:
        return f"/api/v1/stable/tenants/{self._tenant}/webhooks" + (f"/{name}" if name else "")

    def _read_one(self, found: Any) -> WebhookDetails:
        return WebhookDetails(
            name=found["name"],
            source=found["sourceName"],
            url=self._client.settings.server_url + self._path(found["name"]),
            event_key_expression=found["eventKeyExpression"],
            scope_expression=found.get("scopeExpression") or "",
            accepted=found["accepted"],
            refused=found["refused"],
        )

    def _create(
        self,
        name: str,
        expression: str,
        auth: BasicAuth | ApiKeyAuth | HmacAuth,
        source: Source,
        scope: str,
        payload: Mapping[str, Any] | None,
    ) -> _Request[WebhookDetails]:
        body = {
            "name": name,
            "sourceName": source,
            "eventKeyExpression": expression,
            "scopeExpression": scope or None,
            "staticPayload": dict(payload) if payload else None,
            **_auth(auth),
        }
        return _Request("POST", self._path(), self._read_one, body=body)

    def _get(self, name: str) -> _Request[WebhookDetails]:
        return _Request("GET", self._path(name), self._read_one)

    def _list(self) -> _Request[Found[WebhookDetails]]:
        query = {"limit": 1000}
        return _Request("GET", self._path(), lambda found: [self._read_one(row) for row in found["rows"]], query)

    def _delete(self, name: str) -> _Request[None]:
        return _Request("DELETE", self._path(name), _nothing)


def _auth(auth: BasicAuth | ApiKeyAuth | HmacAuth) -> dict[str, Any]:
    if isinstance(auth, BasicAuth):
        return {"authType": "BASIC", "auth": {"username": auth.username, "password": auth.password}}
    if isinstance(auth, ApiKeyAuth):
        return {"authType": "API_KEY", "auth": {"headerName": auth.header_name, "apiKey": auth.api_key}}
    window = auth.replay_window
    return {
        "authType": "HMAC",
        "auth": {
            "algorithm": auth.algorithm,
            "encoding": auth.encoding,
            "signatureHeaderName": auth.signature_header_name,
            "signingSecret": auth.signing_secret,
            "replayWindowSeconds": None if window is None else math.ceil(to_seconds(window, "replay_window")),
        },
    }
