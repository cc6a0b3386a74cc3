"""The table of roles: every operation of REST and gRPC, for every role, as a token and as a person; and outsiders."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import grpc
import httpx
import pytest
from mattock_engine.access import Members
from mattock_engine.gateways.rest.app import build
from mattock_engine.identity import new_id
from mattock_engine.role import ROLE_OF_OPERATION, Role, of_call, of_request

pytestmark = pytest.mark.asyncio(loop_scope="session")
# They are for those who have no role yet, or bring a proof of their own.
OPEN = {"live", "ready", "meta", "version", "log_in", "log_out", "accept_invitation", "get_invitation", "deliver"}
# They are a person's own, whatever the role; no tenant and no token comes into it.
OWN = {"change_me", "change_password", "make_tenant"}
OPERATIONS = [
    (method.upper(), path, operation["operationId"])
    for path, methods in build(None, "0", 1).openapi()["paths"].items()
    for method, operation in methods.items()
]
GUARDED = [each for each in OPERATIONS if each[2] not in OPEN | OWN]


async def test_every_change_has_a_role_of_its_own() -> None:
    changes = {name for method, _, name in OPERATIONS if method not in ("GET", "HEAD")}
    assert changes - OPEN <= set(ROLE_OF_OPERATION)
    assert set(ROLE_OF_OPERATION) <= {name for *_, name in OPERATIONS}


def filled(path: str, tenant_id: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: new_id(), path.replace("{tenant}", tenant_id))


def is_role_refused(response: httpx.Response) -> bool:
    return response.status_code == 403 and response.json()["errors"][0].get("field") == "role"


async def asked(client: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
    """A response; of a stream that does not end by itself, its beginning."""
    async with client.stream(method, path, **options) as response:
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            await response.aread()
        return response


@pytest.fixture(scope="module")
def callers() -> dict[tuple[str, Role], httpx.AsyncClient]:
    return {}


async def caller(house: Any, callers: dict[Any, httpx.AsyncClient], kind: str, role: Role) -> httpx.AsyncClient:
    """A client with a role: by a token, or as a person who is logged in."""
    if (kind, role) not in callers:
        client = callers[kind, role] = httpx.AsyncClient(base_url=house.ours.http.base_url)
        if kind == "token":
            token = await house.tokens.issue(house.ours.tenant_id, role.name, role=role)
            client.headers["authorization"] = f"Bearer {token}"
        else:
            email = f"{role.name.lower()}@table.example"
            members = Members(house.store, house.people)
            code = await members.invite(house.ours.tenant_id, Role.OWNER, email, role, "test")
            reply = await client.post(
                "/api/v1/users/invitations/accept", json={"code": code, "name": "T", "password": "long enough for it"}
            )
            assert reply.status_code == 204, reply.text
            client.headers["x-csrf-token"] = client.cookies["mattock_csrf"]
    return callers[kind, role]


@pytest.mark.parametrize("kind", ["token", "person"])
@pytest.mark.parametrize("role", list(Role))
async def test_rest(house: Any, callers: Any, kind: str, role: Role) -> None:
    client = await caller(house, callers, kind, role)
    wrong = []
    for method, path, name in GUARDED:
        body: Any = None if method in ("GET", "DELETE") else {}
        response = await asked(client, method, filled(path, house.ours.tenant_id), json=body)
        if is_role_refused(response) != (role < of_request(method, name)):
            wrong.append(f"{name}: {response.status_code} {response.text[:200]}")
        if response.status_code >= 500 and response.status_code != 501:
            wrong.append(f"{name}: {response.status_code} {response.text[:200]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", ["token", "person"])
async def test_the_audit_log_has_every_change(house: Any, callers: Any, kind: str) -> None:
    """All that a person changes, or tries to; of a token's, what takes an administrator."""
    client = await caller(house, callers, kind, Role.OWNER)
    since = datetime.now(UTC)
    told: Counter[tuple[str, str, int]] = Counter()
    for method, path, name in GUARDED:
        if method != "GET":
            target = filled(path, house.ours.tenant_id)
            response = await asked(client, method, target, json=None if method == "DELETE" else {})
            if kind == "person" or of_request(method, name) >= Role.ADMIN:
                told[name, target, response.status_code] += 1
    sql = "select operation, target, status from mattock.audit where tenant_id = $1 and at >= $2"
    rows = await house.store.pool.fetch(sql, house.ours.tenant_id, since)
    assert Counter((row["operation"], row["target"], row["status"]) for row in rows) == told
    assert len(told) > (50 if kind == "person" else 15)


@pytest.mark.parametrize("kind", ["token", "person"])
async def test_another_tenant_is_closed_to_its_owner_elsewhere(house: Any, callers: Any, kind: str) -> None:
    client = await caller(house, callers, kind, Role.OWNER)
    wrong = []
    for method, path, name in GUARDED:
        body: Any = None if method in ("GET", "DELETE") else {}
        headers = {"x-mattock-tenant": house.theirs.tenant_id}
        response = await asked(client, method, filled(path, house.theirs.tenant_id), json=body, headers=headers)
        inside = "{tenant}" in path or kind == "person"
        if (response.status_code == 403) != inside:
            wrong.append(f"{name}: {response.status_code} {response.text[:200]}")
    assert not wrong, "\n".join(wrong)


async def test_nobody_gets_in_without_a_proof(house: Any) -> None:
    async with httpx.AsyncClient(base_url=house.ours.http.base_url) as client:
        for method, path, name in OPERATIONS:
            if name not in OPEN:
                body: Any = None if method in ("GET", "DELETE") else {}
                response = await client.request(method, filled(path, house.ours.tenant_id), json=body)
                assert response.status_code == 403, name


async def test_a_session_changes_nothing_without_its_second_cookie(house: Any, callers: Any) -> None:
    client = await caller(house, callers, "person", Role.OWNER)
    for headers in ({"x-csrf-token": ""}, {"x-csrf-token": "guessed"}):
        for method, path, name in OPERATIONS:
            if method not in ("GET", "HEAD") and name not in OPEN:
                url = filled(path, house.ours.tenant_id)
                response = await client.request(method, url, json={} if method != "DELETE" else None, headers=headers)
                assert response.status_code == 403, name
                assert "x-csrf-token" in response.text, name


@pytest.mark.parametrize("role", list(Role))
async def test_grpc(house: Any, role: Role) -> None:
    token = await house.tokens.issue(house.ours.tenant_id, role.name, role=role)
    metadata = [("authorization", f"Bearer {token}")]

    async def refused(path: str) -> bool:
        # What is let in and then waits for something to happen ends by its deadline.
        call = house.ours.channel.unary_stream(path)(b"", metadata=metadata, timeout=2)
        return bool(await call.code() == grpc.StatusCode.PERMISSION_DENIED)

    found = dict(zip(house.door.paths, await asyncio.gather(*map(refused, house.door.paths)), strict=True))
    assert found == {path: role < of_call(path) for path in house.door.paths}
