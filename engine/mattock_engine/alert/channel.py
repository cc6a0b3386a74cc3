"""Channels: where messages go. What is secret of them is encrypted at rest."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..access import Vault
from ..core.error import invalid
from .rule import check_name

# A secret of an outgoing webhook, as the Standard Webhooks specification has it.
SECRET_PREFIX = "whsec_"
MAX_ADDRESSES = 50
_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}")
_MIN_SECRET_BYTES = 24
_MAX_SECRET_BYTES = 64


class ChannelKind(StrEnum):
    """How messages travel."""

    EMAIL = "EMAIL"
    SLACK = "SLACK"
    WEBHOOK = "WEBHOOK"


class Target(msgspec.Struct):
    """Where exactly: addresses of e-mail, or a URL; and the key that messages to it are signed with."""

    addresses: list[str] = msgspec.field(default_factory=list)
    url: str = ""
    secret: str = ""

    @property
    def shown(self) -> str:
        """As people may see it: of a URL the host, for the rest of it may be a secret."""
        if self.url:
            parts = urlsplit(self.url)
            port = f":{parts.port}" if parts.port else ""
            return f"{parts.scheme}://{parts.hostname}{port}/…"
        return ", ".join(self.addresses)

    @property
    def key(self) -> bytes:
        """The bytes to sign with."""
        return base64.b64decode(self.secret.removeprefix(SECRET_PREFIX))


class Channel(msgspec.Struct, kw_only=True):
    """A channel."""

    channel_id: str
    name: str
    kind: ChannelKind
    target: Target
    created_at: float = 0.0
    updated_at: float = 0.0


def new_secret() -> str:
    """A secret for an outgoing webhook."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_channel(channel: Channel) -> Channel:
    """Lets a channel through that can work.

    Raises:
        Refused: INVALID_ARGUMENT naming the field of the API.
    """
    check_name(channel.name)
    target = channel.target
    if channel.kind == ChannelKind.EMAIL:
        if not 1 <= len(target.addresses) <= MAX_ADDRESSES:
            raise invalid("addresses", f"expected 1 to {MAX_ADDRESSES} e-mail addresses")
        for address in target.addresses:
            # Printable ASCII alone: nothing else can change what stands around it in a message.
            if not (address.isascii() and address.isprintable() and _ADDRESS.fullmatch(address)):
                raise invalid("addresses", f"{address[:60]!r} is no e-mail address")
    else:
        _check_url(target.url)
    if target.secret and channel.kind == ChannelKind.WEBHOOK:
        _check_secret(target)
    return channel


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not (url.isascii() and url.isprintable()) or " " in url or len(url) > 2000:
        raise invalid("url", "expected https://HOST/PATH")


def _check_secret(target: Target) -> None:
    try:
        usable = _MIN_SECRET_BYTES <= len(target.key) <= _MAX_SECRET_BYTES
    except (binascii.Error, ValueError):
        usable = False
    if not usable or not target.secret.startswith(SECRET_PREFIX):
        sizes = f"{_MIN_SECRET_BYTES} to {_MAX_SECRET_BYTES}"
        raise invalid("secret", f"expected {SECRET_PREFIX} and {sizes} bytes in Base64, or nothing for a new one")


async def seal_target(vault: Vault, target: Target) -> str:
    """A target as the store keeps it."""
    return await vault.close_up(msgspec.json.encode(target).decode())


async def to_channel(vault: Vault, row: Any) -> Channel:
    """A channel from its row."""
    return Channel(
        channel_id=row["channel_id"],
        name=row["name"],
        kind=ChannelKind(row["kind"]),
        target=msgspec.json.decode(await vault.open(row["target"]), type=Target),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
