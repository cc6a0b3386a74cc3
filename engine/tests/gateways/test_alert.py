"""Alerts: rules that fire, repeat and resolve, by a clock that the tests set; and the way of messages to people."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import AuthResult
from mattock_engine.access import Vault
from mattock_engine.alert import Alerts, Channel, ChannelKind, Courier, Smtp
from mattock_engine.alert.channel import Target
from mattock_engine.alert.courier import SendFailed, public_address
from mattock_engine.alert.rule import Rule, RuleKind, Step, next_step
from mattock_engine.alert.watch import ATTEMPTS, BACKOFF_SECONDS

from .alarm import Alarm, Mails, Receiver, alarm_of, mail_server, receiver

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # The mail server warns of log-ins without encryption, which one test is about.
    pytest.mark.filterwarnings("ignore:Requiring AUTH"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def alarm(house: Any) -> AsyncIterator[Alarm]:
    async with alarm_of(house) as found:
        yield found


@pytest.fixture
def kept() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def kinds(kept: Receiver) -> list[str]:
    return [json.loads(body)["kind"] for _, body in kept.got]


def rule(**state: Any) -> Rule:
    return Rule(tenant_id="t", rule_id="r", name="n", kind=RuleKind.FAILURES, threshold=1, **state)


@pytest.mark.parametrize(
    ("state", "holds", "now", "step"),
    [
        ({}, False, 100, Step.NOTHING),
        ({}, True, 100, Step.FIRE),
        ({"hold_seconds": 30}, True, 100, Step.WAIT),
        ({"hold_seconds": 30, "pending_since": 100}, True, 129, Step.NOTHING),
        ({"hold_seconds": 30, "pending_since": 100}, True, 130, Step.FIRE),
        ({"hold_seconds": 30, "pending_since": 100}, False, 130, Step.FORGET),
        ({"alert_id": "a", "notified_at": 100}, True, 3699, Step.NOTHING),
        ({"alert_id": "a", "notified_at": 100}, True, 3700, Step.REMIND),
        ({"alert_id": "a", "notified_at": 100, "repeat_seconds": 0}, True, 1e9, Step.NOTHING),
        ({"alert_id": "a", "notified_at": 100}, False, 101, Step.RESOLVE),
    ],
)
async def test_a_rule_goes_step_by_step(state: dict[str, Any], holds: bool, now: float, step: Step) -> None:
    assert next_step(rule(**state), holds, now) == step


async def test_failures_fire_once_repeat_and_resolve(alarm: Alarm, kept: Receiver, name: str) -> None:
    hook = await alarm.hook(kept)
    made = await alarm.rule("FAILURES", 3, [hook], workflow=name, windowSeconds=300, repeatSeconds=120)
    await alarm.end(name, failed=2)
    await alarm.pass_by()
    assert kept.got == []
    await alarm.end(name, failed=1)
    # Each look is by a watch without memory, as after a restart: nothing is told twice.
    for _ in range(3):
        await alarm.pass_by(10)
    assert kinds(kept) == ["FIRED"]
    fired = json.loads(kept.got[0][1])
    assert (fired["rule"], fired["value"], fired["threshold"], fired["workflow"]) == (made["name"], 3, 3, name)
    assert fired["summary"] == f"3 runs of {name} failed within 5 min"
    assert len(fired["details"]) == 3
    assert fired["details"][0].endswith("ValueError: no such customer")
    assert (fired["tenant"], fired["url"]) == ("Ink & Sons", "http://mattock.example")
    await alarm.pass_by(130)
    assert kinds(kept) == ["FIRED", "REMINDER"]
    await alarm.pass_by(300)
    await alarm.pass_by(300)
    assert kinds(kept) == ["FIRED", "REMINDER", "RESOLVED"]
    (alert,) = await alarm.alerts()
    assert (alert["state"], alert["rule"], alert["value"]) == ("RESOLVED", made["name"], 3)
    assert [notice["kind"] for notice in alert["notices"]] == ["FIRED", "REMINDER", "RESOLVED"]
    assert all(notice["sentAt"] and notice["channel"] == hook["name"] for notice in alert["notices"])
    assert {json.loads(body)["alertId"] for _, body in kept.got} == {alert["id"]}


async def test_replicas_that_look_at_once_fire_once(alarm: Alarm, kept: Receiver, name: str) -> None:
    await alarm.rule("FAILURES", 1, [await alarm.hook(kept)])
    await alarm.end(name, failed=1)
    watches = [alarm.watch() for _ in range(5)]
    await asyncio.gather(*(watch.look() for watch in watches))
    await asyncio.gather(*(watch.deliver() for watch in watches))
    assert kinds(kept) == ["FIRED"]
    assert len(await alarm.alerts()) == 1
    stranger = alarm.watch(owns=lambda _: False)
    alarm.now += 7200
    await stranger.look()
    await stranger.deliver()
    assert kinds(kept) == ["FIRED"]


async def test_the_rate_needs_enough_runs(alarm: Alarm, kept: Receiver, name: str) -> None:
    await alarm.rule("FAILURE_RATE", 25, [await alarm.hook(kept)], workflow=name, minimumRuns=8)
    await alarm.end(name, failed=4)
    await alarm.pass_by()
    assert kept.got == []
    await alarm.end(name, failed=0, completed=12)
    await alarm.pass_by(1)
    assert json.loads(kept.got[0][1])["summary"].endswith("ended within 5 min failed (4 of 16)")
    await alarm.end(name, failed=0, completed=4)
    await alarm.pass_by(1)
    assert kinds(kept) == ["FIRED", "RESOLVED"]


async def test_queue_age_and_missing_workers(alarm: Alarm, kept: Receiver, name: str) -> None:
    hook = await alarm.hook(kept)
    old = await alarm.rule("QUEUE_AGE", 60, [hook], workflow=name)
    lonely = await alarm.rule("NO_WORKERS", 90, [hook], workflow=name)
    await alarm.trigger(name, 3)
    await alarm.pass_by()
    assert kept.got == []
    await alarm.pass_by(61)
    assert [json.loads(body)["rule"] for _, body in kept.got] == [old["name"]]
    assert "waited for 1" in json.loads(kept.got[0][1])["summary"]
    states = {each["name"]: each["state"] for each in (await alarm.send("GET", "/alert-rules"))["rows"]}
    assert states == {old["name"]: "FIRING", lonely["name"]: "PENDING"}
    await alarm.pass_by(30)
    assert [json.loads(body)["rule"] for _, body in kept.got] == [old["name"], lonely["name"]]
    assert json.loads(kept.got[1][1])["summary"] == f"Tasks of {name} wait, and no worker is there to run them"
    await alarm.end(name, failed=0, completed=1)
    await alarm.house.store.pool.execute("delete from mattock.run where tenant_id = $1", alarm.client.tenant_id)
    await alarm.pass_by()
    assert sorted(kinds(kept)) == ["FIRED", "FIRED", "RESOLVED", "RESOLVED"]


async def test_a_worker_that_is_there_is_not_missed(alarm: Alarm, kept: Receiver, name: str) -> None:
    await alarm.rule("NO_WORKERS", 1, [await alarm.hook(kept)])
    stream = await alarm.worker(name)
    await alarm.trigger(name, 3)
    await alarm.pass_by(2)
    await alarm.pass_by(2)
    assert kept.got == []
    stream.cancel()


async def test_too_few_workers(alarm: Alarm, kept: Receiver, name: str) -> None:
    await alarm.rule("FEW_WORKERS", 1, [await alarm.hook(kept)], workflow=name, holdSeconds=20)
    await alarm.pass_by()
    await alarm.pass_by(19)
    assert kept.got == []
    await alarm.pass_by(1)
    assert json.loads(kept.got[0][1])["summary"] == f"0 workers are there of {name}, expected 1"
    stream = await alarm.worker(name)
    await alarm.pass_by()
    assert kinds(kept) == ["FIRED", "RESOLVED"]
    stream.cancel()


async def test_tokens_that_expire(alarm: Alarm, kept: Receiver) -> None:
    await alarm.rule("TOKEN_EXPIRY", 7, [await alarm.hook(kept)])
    await alarm.pass_by()
    assert kept.got == []
    await alarm.house.tokens.issue(alarm.client.tenant_id, "nightly", expires_in=6 * 86_400)
    await alarm.pass_by()
    told = json.loads(kept.got[0][1])
    assert told["summary"] == "1 API token expires within 7 days"
    assert told["details"][0].startswith("nightly: expires at ")


async def test_a_webhook_is_signed_and_tried_again(alarm: Alarm, kept: Receiver) -> None:
    hook = await alarm.hook(kept)
    await alarm.rule("FEW_WORKERS", 1, [hook])
    kept.statuses = [500, 503]
    await alarm.pass_by()
    await alarm.pass_by(1)
    assert len(kept.got) == 1
    (alert,) = await alarm.alerts()
    assert alert["notices"][0]["problem"] == "answered 500 Internal Server Error"
    assert (alert["notices"][0]["attempts"], alert["notices"][0].get("sentAt")) == (1, None)
    await alarm.pass_by(BACKOFF_SECONDS[0])
    await alarm.pass_by(BACKOFF_SECONDS[1])
    await alarm.pass_by(BACKOFF_SECONDS[2])
    assert len(kept.got) == 3
    assert (await alarm.alerts())[0]["notices"][0]["sentAt"]
    assert len({headers["webhook-id"] for headers, _ in kept.got}) == 1
    key = base64.b64decode(hook["secret"].removeprefix("whsec_"))
    for headers, body in kept.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    assert len({headers["webhook-timestamp"] for headers, _ in kept.got}) == 3


async def test_what_never_arrives_is_given_up(alarm: Alarm, kept: Receiver) -> None:
    await alarm.rule("FEW_WORKERS", 1, [await alarm.hook(kept)], repeatSeconds=0)
    kept.statuses = [410] * 20
    for _ in range(ATTEMPTS + 3):
        await alarm.pass_by(max(BACKOFF_SECONDS))
    assert len(kept.got) == ATTEMPTS
    notice = (await alarm.alerts())[0]["notices"][0]
    assert (notice["problem"], notice.get("nextAttemptAt")) == ("answered 410 Gone", None)


async def test_slack_gets_what_it_reads(alarm: Alarm, kept: Receiver) -> None:
    body = {"name": "ops", "kind": "SLACK", "url": kept.url}
    channel = await alarm.send("POST", "/alert-channels", body, 201)
    await alarm.rule("FEW_WORKERS", 1, [channel], name="a <rule> & more")
    await alarm.pass_by()
    text = json.loads(kept.got[0][1])["text"]
    assert text.startswith("*[Mattock] Alert: a &lt;rule&gt; &amp; more*\n0 workers are there, expected 1")
    assert "Tenant Ink &amp; Sons" in text


async def test_e_mail_goes_to_all_addresses(alarm: Alarm) -> None:
    mails = Mails()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"mattock", b"pa ss"), handled=False)

    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    async with mail_server(mails, **options) as port:
        alarm.smtp = Smtp("127.0.0.1", port, "none", "mattock", "pa ss", "alerts@mattock.example")
        courier = Courier(alarm.smtp)
        alerts = Alerts(alarm.house.store, Vault(alarm.house.store.cluster.secret), courier)
        target = Target(addresses=["ann@example.com", "bob@example.com"])
        channel = Channel(channel_id="", name="people", kind=ChannelKind.EMAIL, target=target)
        made = await alerts.make_channel(alarm.client.tenant_id, channel)
        await alarm.rule("FEW_WORKERS", 1, [], name="Überwachung", channelIds=[made.channel_id])
        await alarm.pass_by()
        assert await alerts.test(alarm.client.tenant_id, made.channel_id, "me") == ""
        mails.refused = {"ann@example.com", "bob@example.com"}
        assert "ann@example.com" in await alerts.test(alarm.client.tenant_id, made.channel_id, "me")
        alarm.smtp = Smtp("127.0.0.1", port, "none", "mattock", "wrong")
        with pytest.raises(SendFailed, match="535") as caught:
            await Courier(alarm.smtp).send(made, notice(), "n1", 1.0)
        assert "wrong" not in str(caught.value)
    first = message_from_bytes(mails.got[0].content, policy=policy.default)
    assert mails.got[0].rcpt_tos == ["ann@example.com", "bob@example.com"]
    assert (first["Subject"], first["From"]) == ("[Mattock] Alert: Überwachung", "alerts@mattock.example")
    assert "0 workers are there, expected 1" in first.get_content()
    assert message_from_bytes(mails.got[1].content, policy=policy.default)["Subject"] == "[Mattock] Test: people"


def notice() -> Any:
    from mattock_engine.alert.notice import Notice, NoticeKind

    return Notice(NoticeKind.TEST, 1.0, "t", "Ink", "rule", "summary")


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "cert.pem", folder / "key.pem"


async def test_the_way_to_the_mail_server_is_encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    mails, target = Mails(), Target(addresses=["ann@example.com"])
    channel = Channel(channel_id="c", name="people", kind=ChannelKind.EMAIL, target=target)
    async with mail_server(mails, tls_context=context, require_starttls=True) as port:
        courier = Courier(Smtp("localhost", port, "starttls"))
        with pytest.raises(SendFailed, match="certificate verify failed"):
            await courier.send(channel, notice(), "n1", 1.0)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        await courier.send(channel, notice(), "n1", 1.0)
    assert len(mails.got) == 1


async def test_the_test_button_tells_what_is_wrong(alarm: Alarm, kept: Receiver) -> None:
    hook = await alarm.hook(kept)
    body = {"channelId": hook["metadata"]["id"]}
    assert (await alarm.send("POST", "/alerts/test", body))["delivered"] is True
    told = json.loads(kept.got[0][1])
    assert (told["kind"], told["summary"]) == ("TEST", f"A test of the channel {hook['name']}, asked for by alarm.")
    kept.statuses = [404]
    reply = await alarm.send("POST", "/alerts/test", body)
    assert (reply["delivered"], reply["problem"]) == (False, "answered 404 Not Found")
    await alarm.send("PATCH", f"/alert-channels/{body['channelId']}", {"url": "http://127.0.0.1:1/x"})
    reply = await alarm.send("POST", "/alerts/test", body)
    assert reply["delivered"] is False
    assert "connect" in reply["problem"].lower()
    assert await alarm.alerts() == []


async def test_secrets_are_encrypted_and_not_shown(alarm: Alarm, kept: Receiver) -> None:
    hook = await alarm.hook(kept)
    rows = (await alarm.send("GET", "/alert-channels"))["rows"]
    assert [row["target"] for row in rows] == [kept.url.replace("hook/s3cret", "…")]
    assert "s3cret" not in json.dumps(rows)
    assert hook["secret"] not in json.dumps(rows)
    stored = await alarm.house.store.pool.fetchval(
        "select target from mattock.alert_channel where tenant_id = $1", alarm.client.tenant_id
    )
    assert "s3cret" not in stored
    assert "whsec" not in stored


async def test_a_rule_that_is_switched_off_is_silent(alarm: Alarm, kept: Receiver) -> None:
    made = await alarm.rule("FEW_WORKERS", 1, [await alarm.hook(kept)])
    path = f"/alert-rules/{made['metadata']['id']}"
    await alarm.pass_by()
    changed = await alarm.send("PATCH", path, {"enabled": False})
    assert (changed["enabled"], changed["state"]) == (False, "OK")
    assert [each["state"] for each in await alarm.alerts()] == ["RESOLVED"]
    await alarm.pass_by(7200)
    assert kinds(kept) == ["FIRED"]
    await alarm.send("PATCH", path, {"enabled": True, "threshold": 2})
    await alarm.pass_by()
    assert kinds(kept) == ["FIRED", "FIRED"]
    await alarm.send("DELETE", path, status=204)
    assert [each["state"] for each in await alarm.alerts()] == ["RESOLVED", "RESOLVED"]
    assert (await alarm.send("GET", "/alerts?active=true"))["rows"] == []
    await alarm.send("DELETE", path, status=404)


async def test_a_channel_that_goes_takes_its_messages_along(alarm: Alarm, kept: Receiver) -> None:
    hook = await alarm.hook(kept)
    made = await alarm.rule("FEW_WORKERS", 1, [hook])
    kept.statuses = [500]
    await alarm.pass_by()
    await alarm.send("DELETE", f"/alert-channels/{hook['metadata']['id']}", status=204)
    await alarm.pass_by(7200)
    assert len(kept.got) == 1
    (row,) = (await alarm.send("GET", "/alert-rules"))["rows"]
    assert (row["metadata"]["id"], row["channelIds"], row["state"]) == (made["metadata"]["id"], [], "FIRING")


async def test_what_is_over_is_forgotten(alarm: Alarm, kept: Receiver) -> None:
    made = await alarm.rule("FEW_WORKERS", 1, [await alarm.hook(kept)])
    await alarm.pass_by()
    await alarm.send("PATCH", f"/alert-rules/{made['metadata']['id']}", {"enabled": False})
    await alarm.pass_by(29 * 86_400)
    assert len(await alarm.alerts()) == 1
    await alarm.pass_by(2 * 86_400)
    assert await alarm.alerts() == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/alert-channels", {"name": "x", "kind": "PIGEON"}, "kind"),
        ("/alert-channels", {"name": "", "kind": "SLACK", "url": "https://a.example/"}, "name"),
        ("/alert-channels", {"name": "x\r\nBcc: y", "kind": "SLACK", "url": "https://a.example/"}, "name"),
        ("/alert-channels", {"name": "x", "kind": "SLACK", "url": "ftp://a.example/"}, "url"),
        ("/alert-channels", {"name": "x", "kind": "SLACK", "url": "https://a.example:99999/"}, "url"),
        ("/alert-channels", {"name": "x", "kind": "SLACK"}, "url"),
        ("/alert-channels", {"name": "x", "kind": "SLACK", "url": "https://a.example/", "secret": "x"}, "secret"),
        ("/alert-channels", {"name": "x", "kind": "WEBHOOK", "url": "https://a.example/", "secret": "x"}, "secret"),
        ("/alert-rules", {"name": "x", "kind": "FAILURES"}, "threshold"),
        ("/alert-rules", {"name": "x", "kind": "FAILURES", "threshold": 0}, "threshold"),
        ("/alert-rules", {"name": "x", "kind": "FAILURE_RATE", "threshold": 101}, "threshold"),
        ("/alert-rules", {"name": "x", "kind": "FAILURES", "threshold": "NaN"}, "threshold"),
        ("/alert-rules", {"name": "x", "kind": "FAILURES", "threshold": 1, "windowSeconds": 1}, "windowSeconds"),
        ("/alert-rules", {"name": "x", "kind": "FAILURES", "threshold": 1, "repeatSeconds": 5}, "repeatSeconds"),
        ("/alert-rules", {"name": "x", "kind": "FAILURES", "threshold": 1, "minimumRuns": 10**12}, "minimumRuns"),
        ("/alert-rules", {"name": "x", "kind": "TOKEN_EXPIRY", "threshold": 7, "workflow": "a"}, "workflow"),
        (
            "/alert-rules",
            {"name": "x", "kind": "FAILURES", "threshold": 1, "channelIds": ["01a20b60-4056-723d-917f-000000000000"]},
            "channelIds",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused(alarm: Alarm, path: str, body: dict[str, Any], field: str) -> None:
    reply = await alarm.send("POST", path, body, 400)
    assert field in [error["field"] for error in reply["errors"]]


async def test_names_are_taken_once(alarm: Alarm, kept: Receiver) -> None:
    one, other = await alarm.hook(kept, name="one"), await alarm.hook(kept, name="other")
    await alarm.send("POST", "/alert-channels", {"name": "one", "kind": "SLACK", "url": kept.url}, 409)
    await alarm.send("PATCH", f"/alert-channels/{other['metadata']['id']}", {"name": "one"}, 409)
    await alarm.rule("FAILURES", 1, [one], name="one")
    await alarm.send("POST", "/alert-rules", {"name": "one", "kind": "FAILURES", "threshold": 1}, 409)
    # This house has no mail server.
    body = {"name": "mail", "kind": "EMAIL", "addresses": ["ann@example.com"]}
    reply = await alarm.send("POST", "/alert-channels", body, 409)
    assert "smtp_host" in reply["errors"][0]["description"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.8", "0.0.0.0"]
)
async def test_private_addresses_can_be_forbidden(host: str) -> None:
    with pytest.raises(SendFailed, match="alert_public_only"):
        await public_address(host, 443)
    url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
    channel = Channel(channel_id="c", name="x", kind=ChannelKind.SLACK, target=Target(url=url))
    with pytest.raises(SendFailed, match="alert_public_only"):
        await Courier(Smtp(), public_only=True).send(channel, notice(), "n", 1.0)


async def test_public_addresses_are_not_forbidden() -> None:
    assert await public_address("93.184.215.14", 443) == "93.184.215.14"
