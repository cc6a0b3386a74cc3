"""Bodies of incoming webhooks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .base import Body, Metadata, Object, Pagination
from .event import Event

Source = Literal["GENERIC", "GITHUB", "STRIPE", "SLACK", "LINEAR", "SVIX"]
AuthType = Literal["BASIC", "API_KEY", "HMAC"]


class WebhookAuth(Body):
    """How deliveries are verified: the fields of the chosen kind."""

    username: str | None = None
    password: str | None = None
    header_name: str | None = None
    api_key: str | None = None
    algorithm: Literal["SHA1", "SHA256", "SHA512", "MD5"] | None = None
    encoding: Literal["HEX", "BASE64", "BASE64URL"] | None = None
    signature_header_name: str | None = None
    signing_secret: str | None = None
    replay_window_seconds: int | None = Field(
        None,
        ge=0,
        le=2_592_000,
        description="For how long a signed body that was accepted is refused when it comes again; 0: never. Of HMAC "
        "with the sources GENERIC and GITHUB, which sign no time; three days if absent.",
    )


class WebhookRequest(Body):
    """A webhook to make."""

    source_name: Source
    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")
    event_key_expression: str
    scope_expression: str | None = None
    static_payload: Object | None = None
    return_event_as_response_payload: bool | None = None
    auth_type: AuthType
    auth: WebhookAuth


class WebhookChange(Body):
    """What a webhook is to be from now on; what is absent stays."""

    event_key_expression: str | None = None
    scope_expression: str | None = None
    static_payload: Object | None = None
    return_event_as_response_payload: bool | None = None
    auth: WebhookAuth | None = Field(None, description="Other secrets, all fields of the webhook's kind.")


class Webhook(Body):
    """A webhook. `accepted` and `refused` (by reason) count its deliveries."""

    metadata: Metadata
    tenant_id: str
    name: str
    source_name: Source
    event_key_expression: str
    auth_type: AuthType
    scope_expression: str | None = None
    static_payload: Object | None = None
    return_event_as_response_payload: bool | None = None
    accepted: int = 0
    refused: dict[str, int]


class WebhookList(Body):
    """A page of webhooks."""

    rows: list[Webhook]
    pagination: Pagination


class WebhookReply(Body):
    """The answer to a delivery."""

    message: str | None = None
    event: Event | None = None
    challenge: str | None = None
