"""Signatures of deliveries: the vectors that senders document, and what must be refused."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import pytest
from mattock_engine.gateways.rest.signature import TIMED_SECONDS, UNTIMED_SECONDS, BadDelivery, Mark, verify

GITHUB = {"algorithm": "SHA256", "encoding": "HEX", "signatureHeaderName": "X-Hub-Signature-256"}
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a1"
    b"4d10d2c447fce8b6703c"
)


def test_github_as_documented() -> None:
    auth = {**GITHUB, "signingSecret": "It's a Secret to Everybody"}
    headers = {
        "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "x-github-delivery": "1",
    }
    mark = verify("GITHUB", "HMAC", auth, headers, b"Hello, World!", 0)
    assert mark.seconds == UNTIMED_SECONDS
    # The id is not signed: with another one, or none, it is the same delivery.
    for delivery in ({"x-github-delivery": "2"}, {}):
        changed = {"x-hub-signature-256": headers["x-hub-signature-256"], **delivery}
        assert verify("GITHUB", "HMAC", auth, changed, b"Hello, World!", 0) == mark
    with pytest.raises(BadDelivery):
        verify("GITHUB", "HMAC", auth, headers, b"Hello, World?", 0)


def test_slack_as_documented() -> None:
    auth = {"signingSecret": "8f742231b10e8888abcd99yyyzzz85a5"}
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    mark = verify("SLACK", "HMAC", auth, headers, SLACK_BODY, 1531420618 + 299)
    assert mark.seconds == TIMED_SECONDS
    # What may stand around a signature makes no other delivery of it.
    padded = {**headers, "x-slack-signature": headers["x-slack-signature"] + "=="}
    assert verify("SLACK", "HMAC", auth, padded, SLACK_BODY, 1531420618) == mark
    with pytest.raises(BadDelivery) as stale:
        verify("SLACK", "HMAC", auth, headers, SLACK_BODY, 1531420618 + 301)
    assert stale.value.reason == "stale"


def test_svix_as_documented() -> None:
    auth = {"signingSecret": "whsec_plJ3nmyCDGBKInavdOK15jsl"}
    headers = {
        "svix-id": "msg_loFOjxBNrRLzqYUf",
        "svix-timestamp": "1731705121",
        "svix-signature": "v1,AAAA v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }
    body = b'{"event_type":"ping","data":{"success":true}}'
    assert verify("SVIX", "HMAC", auth, headers, body, 1731705121) == Mark("SVIX/msg_loFOjxBNrRLzqYUf", TIMED_SECONDS)
    with pytest.raises(BadDelivery):
        verify("SVIX", "HMAC", {"signingSecret": "whsec_AAAA"}, headers, body, 1731705121)


def test_stripe() -> None:
    auth, body = {"signingSecret": "whsec_x"}, b'{"id":"evt_1"}'
    good = hmac.digest(b"whsec_x", b"1000." + body, "sha256").hex()
    headers = {"stripe-signature": f"t=1000,v1={'0' * 64},v1={good}"}
    assert verify("STRIPE", "HMAC", auth, headers, body, 1000 + 599)
    for changed, now in ((headers, 1601), ({"stripe-signature": f"t=1001,v1={good}"}, 1000), ({}, 1000)):
        with pytest.raises(BadDelivery):
            verify("STRIPE", "HMAC", auth, changed, body, now)


def test_svix_ids_have_no_dots() -> None:
    body = b"2.1000.{}"
    signature = base64.b64encode(hmac.digest(b"", b"msg.1000." + body, "sha256")).decode()
    headers = {"svix-id": "msg", "svix-timestamp": "1000", "svix-signature": f"v1,{signature}"}
    auth = {"signingSecret": "whsec_"}
    assert verify("SVIX", "HMAC", auth, headers, body, 1000)
    with pytest.raises(BadDelivery):
        verify("SVIX", "HMAC", auth, {**headers, "svix-id": "msg.1000.2"}, b"{}", 1000)


def test_linear_signs_a_time() -> None:
    auth = {"algorithm": "SHA256", "encoding": "HEX", "signatureHeaderName": "linear-signature", "signingSecret": "s"}

    def check(body: bytes, now: float) -> Mark:
        return verify("LINEAR", "HMAC", auth, {"linear-signature": hmac.digest(b"s", body, "sha256").hex()}, body, now)

    assert check(b'{"webhookTimestamp": 1000500}', 1299).seconds == TIMED_SECONDS
    with pytest.raises(BadDelivery) as stale:
        check(b'{"webhookTimestamp": 1000500}', 1301)
    assert stale.value.reason == "stale"
    for untimed in (b"{}", b"[]", b'{"webhookTimestamp": "1000"}'):
        assert check(untimed, 5000).seconds == UNTIMED_SECONDS


def test_a_webhook_says_for_how_long_equal_bodies_are_refused() -> None:
    auth = {**GITHUB, "signingSecret": "s"}
    headers = {"x-hub-signature-256": hmac.digest(b"s", b"{}", "sha256").hex()}
    assert verify("GENERIC", "HMAC", {**auth, "replayWindowSeconds": 60}, headers, b"{}", 0).seconds == 60
    assert verify("GENERIC", "HMAC", {**auth, "replayWindowSeconds": 0}, headers, b"{}", 0) == Mark()


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512", "MD5"])
@pytest.mark.parametrize("encoding", ["HEX", "BASE64", "BASE64URL"])
def test_every_digest_in_every_encoding(algorithm: str, encoding: str) -> None:
    auth = {"algorithm": algorithm, "encoding": encoding, "signatureHeaderName": "X-Sig", "signingSecret": "s"}
    digest = hmac.digest(b"s", b"body", algorithm.lower())
    encoders: dict[str, Any] = {
        "HEX": digest.hex(),
        "BASE64": base64.b64encode(digest).decode(),
        "BASE64URL": base64.urlsafe_b64encode(digest).decode(),
    }
    found = verify("GENERIC", "HMAC", auth, {"x-sig": encoders[encoding]}, b"body", 0)
    assert found == Mark(f"GENERIC/{digest.hex()}", UNTIMED_SECONDS)
    with pytest.raises(BadDelivery):
        verify("GENERIC", "HMAC", auth, {"x-sig": encoders[encoding][:-3] + "abc"}, b"body", 0)


def test_names_and_keys() -> None:
    basic = {"username": "u", "password": "p"}
    header = base64.b64encode(b"u:p").decode()
    assert verify("GENERIC", "BASIC", basic, {"authorization": f"Basic {header}"}, b"", 0) == Mark()
    key = {"headerName": "X-Key", "apiKey": "k"}
    assert verify("GENERIC", "API_KEY", key, {"x-key": "k"}, b"", 0) == Mark()
    for kind, auth, headers in (("BASIC", basic, {}), ("API_KEY", key, {"x-key": "l"}), ("API_KEY", key, {})):
        with pytest.raises(BadDelivery) as refused:
            verify("GENERIC", kind, auth, headers, b"", 0)
        assert refused.value.reason == "credentials"
