"""Whether a delivery to a webhook is the sender's: signatures of each kind, compared in constant time.

The rules of each sender are in its public documentation; the shared contract names headers and tolerances.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Any

# Seconds by which a signed time may be off.
SLACK_SECONDS = 300.0
STRIPE_SECONDS = 600.0
SVIX_SECONDS = 300.0


class BadDelivery(Exception):
    """A delivery was refused.

    Attributes:
        reason: counted under this: "signature", "stale", "credentials".
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def verify(
    source: str, auth_type: str, auth: Mapping[str, Any], headers: Mapping[str, str], body: bytes, now: float
) -> str:
    """Checks a delivery.

    Args:
        source: GENERIC, GITHUB, STRIPE, SLACK, LINEAR or SVIX.
        auth_type: BASIC, API_KEY or HMAC.
        auth: the webhook's settings, secrets among them.
        headers: of the request, names in lower case.
        body: as it came.
        now: seconds since 1970.

    Returns:
        What tells this delivery from all others, or "" if nothing does.

    Raises:
        BadDelivery: it is not the sender's, or too old.
    """
    if auth_type == "BASIC":
        expected = base64.b64encode(f"{auth['username']}:{auth['password']}".encode()).decode()
        _same(headers.get("authorization", "").removeprefix("Basic "), expected, "credentials")
        return ""
    if auth_type == "API_KEY":
        _same(headers.get(str(auth["headerName"]).lower(), ""), str(auth["apiKey"]), "credentials")
        return ""
    secret = str(auth["signingSecret"])
    if source == "SLACK":
        return _slack(secret, headers, body, now)
    if source == "STRIPE":
        return _stripe(secret, headers, body, now)
    if source == "SVIX":
        return _svix(secret, headers, body, now)
    found = headers.get(str(auth["signatureHeaderName"]).lower(), "")
    digest = hmac.digest(secret.encode(), body, str(auth["algorithm"]).lower())
    prefix = f"{str(auth['algorithm']).lower()}="
    _same(found.removeprefix(prefix), _encoded(digest, str(auth["encoding"])), "signature")
    # The same body has the same signature: senders that repeat bodies say by a header which delivery it is.
    delivery = headers.get("x-github-delivery") or headers.get("linear-delivery") or ""
    return f"{source}/{delivery}" if delivery else ""


def _encoded(digest: bytes, encoding: str) -> str:
    if encoding == "HEX":
        return digest.hex()
    if encoding == "BASE64":
        return base64.b64encode(digest).decode()
    return base64.urlsafe_b64encode(digest).decode()


def _same(found: str, expected: str, reason: str) -> None:
    if not hmac.compare_digest(found.rstrip("=").encode(), expected.rstrip("=").encode()):
        raise BadDelivery(reason, f"the {reason} of the request do not match" if reason[-1] == "s" else "bad signature")


def _fresh(text: str, now: float, tolerance: float) -> None:
    if not text.isdigit() or abs(now - int(text)) > tolerance:
        raise BadDelivery("stale", f"its time is more than {tolerance:g} s off")


def _slack(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    at = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    digest = hmac.digest(secret.encode(), b"v0:" + at.encode() + b":" + body, "sha256").hex()
    _same(signature.removeprefix("v0="), digest, "signature")
    _fresh(at, now, SLACK_SECONDS)
    return f"SLACK/{signature}"


def _stripe(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    parts = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    digest = hmac.digest(secret.encode(), at.encode() + b"." + body, "sha256").hex()
    signatures = [value for name, _, value in parts if name == "v1"]
    if not any(hmac.compare_digest(value.encode(), digest.encode()) for value in signatures):
        raise BadDelivery("signature", "bad signature")
    _fresh(at, now, STRIPE_SECONDS)
    return f"STRIPE/{at}/{digest}"


def _svix(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    delivery, at = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except ValueError:
        key = secret.encode()
    content = delivery.encode() + b"." + at.encode() + b"." + body
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    signatures = [each.partition(",")[2] for each in headers.get("svix-signature", "").split()]
    if not any(hmac.compare_digest(value.encode(), expected.encode()) for value in signatures):
        raise BadDelivery("signature", "bad signature")
    _fresh(at, now, SVIX_SECONDS)
    return f"SVIX/{delivery}"
