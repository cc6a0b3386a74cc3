"""Whether a delivery to a webhook is the sender's: signatures of each kind, compared in constant time.

The rules of each sender are in its public documentation; the shared contract names headers and tolerances.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

# Seconds by which a signed time may be off.
SLACK_SECONDS = 300.0
STRIPE_SECONDS = 600.0
SVIX_SECONDS = 300.0
LINEAR_SECONDS = 300.0
# Seconds for which marks are kept: with a signed time, longer than that is taken; without one, if the webhook says
# nothing else.
TIMED_SECONDS = 1800.0
UNTIMED_SECONDS = 259_200


class Mark(NamedTuple):
    """What tells a delivery from all others, made of nothing but what is signed.

    Attributes:
        text: "" if nothing is signed.
        seconds: for how long the same one is refused.
    """

    text: str = ""
    seconds: float = 0.0


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
) -> Mark:
    """Checks a delivery.

    Args:
        source: GENERIC, GITHUB, STRIPE, SLACK, LINEAR or SVIX.
        auth_type: BASIC, API_KEY or HMAC.
        auth: the webhook's settings, secrets among them.
        headers: of the request, names in lower case.
        body: as it came.
        now: seconds since 1970.

    Returns:
        Its mark.

    Raises:
        BadDelivery: it is not the sender's, or too old.
    """
    if auth_type == "BASIC":
        expected = base64.b64encode(f"{auth['username']}:{auth['password']}".encode()).decode()
        _same(headers.get("authorization", "").removeprefix("Basic "), expected, "credentials")
        return Mark()
    if auth_type == "API_KEY":
        _same(headers.get(str(auth["headerName"]).lower(), ""), str(auth["apiKey"]), "credentials")
        return Mark()
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
    # Headers that say which delivery it is are not signed: whoever has seen one could change them.
    text = f"{source}/{digest.hex()}"
    if source == "LINEAR" and _linear_is_timed(body, now):
        return Mark(text, TIMED_SECONDS)
    seconds = float(auth.get("replayWindowSeconds", UNTIMED_SECONDS))
    return Mark(text, seconds) if seconds else Mark()


def _linear_is_timed(body: bytes, now: float) -> bool:
    """Whether the body says when it was sent; refuses one that is too old."""
    try:
        at = json.loads(body)["webhookTimestamp"]
    except (ValueError, KeyError, TypeError):
        return False
    if not isinstance(at, int):
        return False
    _fresh(str(at // 1000), now, LINEAR_SECONDS)
    return True


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
    if not (text.isascii() and text.isdigit()) or abs(now - int(text)) > tolerance:
        raise BadDelivery("stale", f"its time is more than {tolerance:g} s off")


def _slack(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> Mark:
    at = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    digest = hmac.digest(secret.encode(), b"v0:" + at.encode() + b":" + body, "sha256").hex()
    _same(signature.removeprefix("v0="), digest, "signature")
    _fresh(at, now, SLACK_SECONDS)
    return Mark(f"SLACK/{digest}", TIMED_SECONDS)


def _stripe(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> Mark:
    parts = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    at = next((value for name, _, value in parts if name == "t"), "")
    digest = hmac.digest(secret.encode(), at.encode() + b"." + body, "sha256").hex()
    signatures = [value for name, _, value in parts if name == "v1"]
    if not any(hmac.compare_digest(value.encode(), digest.encode()) for value in signatures):
        raise BadDelivery("signature", "bad signature")
    _fresh(at, now, STRIPE_SECONDS)
    return Mark(f"STRIPE/{digest}", TIMED_SECONDS)


def _svix(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> Mark:
    delivery, at = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    except ValueError:
        key = secret.encode()
    content = delivery.encode() + b"." + at.encode() + b"." + body
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    signatures = [each.partition(",")[2] for each in headers.get("svix-signature", "").split()]
    # A dot in the id would let what is signed be cut elsewhere.
    if "." in delivery or not any(hmac.compare_digest(value.encode(), expected.encode()) for value in signatures):
        raise BadDelivery("signature", "bad signature")
    _fresh(at, now, SVIX_SECONDS)
    return Mark(f"SVIX/{delivery}", TIMED_SECONDS)
