"""The courier: takes a message to a channel, once, within a bounded time."""

from __future__ import annotations

import asyncio
import base64
import hmac
import ipaddress
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

import httpx
import msgspec

from .channel import Channel, ChannelKind
from .notice import Notice

TIMEOUT_SECONDS = 10.0


class SendFailed(Exception):
    """A message could not be delivered. The text says why, for the one who set up the channel, without its secrets."""


class Smtp(msgspec.Struct, frozen=True):
    """The server that takes e-mail.

    Attributes:
        host: "" if there is none.
        tls: `starttls`, `tls` from the first byte on, or `none`.
        user: to log in as; "" for no log-in.
    """

    host: str = ""
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = ""


class Courier:
    """Delivers messages.

    Args:
        smtp: the server for e-mail.
        public_only: no URL may lead to an address that is not of the public Internet.
    """

    def __init__(self, smtp: Smtp, public_only: bool = False) -> None:
        self.smtp = smtp
        self._public_only = public_only

    async def send(self, channel: Channel, notice: Notice, notice_id: str, now: float) -> None:
        """Delivers a message.

        Args:
            channel: where to.
            notice: what.
            notice_id: the same with every attempt, so that the receiver can tell a repetition.
            now: of this attempt, which is what is signed.

        Raises:
            SendFailed: it did not arrive, as far as we know.
        """
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if channel.kind == ChannelKind.EMAIL:
                    await asyncio.to_thread(self._mail, channel.target.addresses, notice, notice_id)
                elif channel.kind == ChannelKind.SLACK:
                    await self._post(channel.target.url, msgspec.json.encode(notice.slack()), {})
                else:
                    body = msgspec.json.encode(notice)
                    headers = sign(channel.target.key, notice_id, int(now), body)
                    await self._post(channel.target.url, body, headers)
        except TimeoutError:
            raise SendFailed(f"no answer within {TIMEOUT_SECONDS:g} s") from None

    def _mail(self, addresses: list[str], notice: Notice, notice_id: str) -> None:
        smtp = self.smtp
        if not smtp.host:
            raise SendFailed("this server sends no e-mail: its setting smtp_host is empty")
        message = EmailMessage()
        message["From"] = smtp.sender or f"mattock@{socket.getfqdn()}"
        message["To"] = ", ".join(addresses)
        message["Subject"] = notice.subject
        message["Date"] = formatdate(notice.at)
        message["Message-ID"] = f"<{notice_id}@mattock>"
        if notice.alert_id:
            # Mail programs show what is said of one alert together.
            message["References"] = f"<{notice.alert_id}@mattock>"
        message.set_content(notice.text)
        try:
            with self._connect() as connection:
                connection.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise SendFailed(f"{smtp.host}:{smtp.port}: {_told(error)}") from None

    def _connect(self) -> smtplib.SMTP:
        smtp, context = self.smtp, ssl.create_default_context()
        if smtp.tls == "tls":
            made: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            made = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
        try:
            if smtp.tls == "starttls":
                made.starttls(context=context)
            if smtp.user:
                made.login(smtp.user, smtp.password)
        except BaseException:
            made.close()
            raise
        return made

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        target, extensions = httpx.URL(url), {}
        headers = {"Content-Type": "application/json", "User-Agent": "Mattock", **headers}
        if self._public_only:
            # The address that was checked is the one that is called: a name may lead elsewhere a moment later.
            headers["Host"] = target.netloc.decode()
            extensions = {"sni_hostname": target.host}
            target = target.copy_with(host=await public_address(target.host, target.port))
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=not self._public_only) as client:
                request = client.build_request("POST", target, content=body, headers=headers, extensions=extensions)
                response = await client.send(request, stream=True)
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SendFailed(_told(error)) from None
        if not response.is_success:
            raise SendFailed(f"answered {response.status_code} {response.reason_phrase}".rstrip())


async def public_address(host: str, port: int | None) -> str:
    """The address of a host.

    Raises:
        SendFailed: it has none, or one that is not of the public Internet.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SendFailed(f"{host} is not known: {error.strerror or error}") from None
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise SendFailed(f"{host} is in a private network, and this server's setting alert_public_only forbids that")
    return addresses[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # An IPv4 address in another dress.
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast


def sign(key: bytes, notice_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows that a message is ours, as the Standard Webhooks specification has it."""
    signed = hmac.digest(key, f"{notice_id}.{at}.".encode() + body, "sha256")
    return {
        "Webhook-Id": notice_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def _told(error: Exception) -> str:
    """What went wrong, in a line."""
    if isinstance(error, smtplib.SMTPResponseException):
        told = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {told}"[:300]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"refuses the recipients {', '.join(error.recipients)}"[:300]
    return (str(error) or type(error).__name__).split("\n")[0][:300]
