"""What guards log-ins, sessions and tokens."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import Any

import httpx
import pytest
from mattock_engine.access import InvalidToken, Members, TokenService
from mattock_engine.access.people import FAILURES_OF_EMAIL, SESSION_SECONDS
from mattock_engine.core.error import Code, Refused
from mattock_engine.identity import new_id
from mattock_engine.role import Role
from mattock_engine.store import Store

pytestmark = pytest.mark.asyncio(loop_scope="session")
PASSWORD = "a horse and a battery"


async def join(house: Any) -> str:
    email = f"{new_id()}@guard.example"
    members = Members(house.store, house.people)
    await members.accept(
        await members.invite(house.ours.tenant_id, Role.OWNER, email, Role.MEMBER, "test"), "Ada", PASSWORD
    )
    return email


async def attempt(house: Any, email: str, password: str, address: str) -> Code | None:
    try:
        await house.people.log_in(email, password, address)
    except Refused as refused:
        return refused.code
    return None


async def test_guesses_at_the_same_time_count_each_other(house: Any) -> None:
    email = await join(house)
    guesses = (attempt(house, email, "guess", f"192.0.2.{n}") for n in range(3 * FAILURES_OF_EMAIL))
    found = Counter(await asyncio.gather(*guesses))
    assert found[Code.RESOURCE_EXHAUSTED] >= 2 * FAILURES_OF_EMAIL
    assert found[Code.RESOURCE_EXHAUSTED] + found[Code.PERMISSION_DENIED] == 3 * FAILURES_OF_EMAIL


async def test_an_address_is_limited(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattock_engine.access.people.FAILURES_OF_ADDRESS", 3)
    email = await join(house)
    for _ in range(5):
        # Who knows the password uses nothing up.
        assert await attempt(house, email, PASSWORD, "198.51.100.1") is None
    for n in range(3):
        assert await attempt(house, f"{n}@guard.example", "guess", "198.51.100.1") == Code.PERMISSION_DENIED
    assert await attempt(house, email, PASSWORD, "198.51.100.1") == Code.RESOURCE_EXHAUSTED
    assert await attempt(house, email, PASSWORD, "198.51.100.2") is None


async def test_passwords_are_costly_to_guess(house: Any) -> None:
    email = await join(house)
    stored = await house.store.pool.fetchval("select password_hash from mattock.person where email = $1", email)
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=", stored)
    assert found
    # The least that OWASP's cheat sheet takes.
    assert int(found[1]) >= 19_456
    assert int(found[2]) >= 2


async def test_a_session_ends_by_itself(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await house.people.log_in(await join(house), PASSWORD, "192.0.2.1")
    person = await house.people.who(session)
    assert person.until - time.time() == pytest.approx(SESSION_SECONDS, abs=60)
    await house.store.pool.execute(
        "update mattock.person_session set until = now() - interval '1 second' where session_hash = $1", person.session
    )
    # A replica that has just seen it believes it no longer than it was to hold.
    monkeypatch.setattr(time, "time", lambda: person.until + 1)
    with pytest.raises(Refused, match="it is over"):
        await house.people.who(session)


async def test_a_session_takes_its_own_second_cookie(house: Any) -> None:
    email, base = await join(house), house.ours.http.base_url
    cookies = []
    for _ in range(2):
        async with httpx.AsyncClient(base_url=base) as client:
            await client.post("/api/v1/users/login", json={"email": email, "password": PASSWORD})
            cookies.append(dict(client.cookies))
    ours, other = cookies
    assert ours["mattock_csrf"] != other["mattock_csrf"]
    # A site that can plant cookies plants one that it knows, in both places.
    planted = {"mattock_session": ours["mattock_session"], "mattock_csrf": other["mattock_csrf"]}
    for jar, header, status in ((planted, other, 403), (planted, ours, 204)):
        async with httpx.AsyncClient(base_url=base, cookies=jar) as client:
            reply = await client.patch(
                "/api/v1/me",
                json={"name": "Eve", "email": email},
                headers={"x-csrf-token": header["mattock_csrf"]},
            )
            assert reply.status_code == status, reply.text


async def test_secrets_are_hashed_at_rest(house: Any) -> None:
    session = await house.people.log_in(await join(house), PASSWORD, "192.0.2.1")
    code = await Members(house.store, house.people).invite(
        house.ours.tenant_id, Role.OWNER, f"{new_id()}@guard.example", Role.VIEWER, "test"
    )
    token = await house.tokens.issue(house.ours.tenant_id, "at rest")
    tables = await house.store.pool.fetch(
        "select oid::regclass::text as name from pg_class where relnamespace = 'mattock'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition"
    )
    assert len(tables) > 20
    for secret in (PASSWORD, session, code, token, token.rpartition(".")[2]):
        for table in tables:
            sql = f"select count(*) from {table['name']} t where strpos(t::text, $1) > 0"
            assert await house.store.pool.fetchval(sql, secret) == 0, table["name"]


async def test_revocation_reaches_other_processes_at_once(house: Any) -> None:
    store = await Store.open(house.store.url, migrate_schema=False)
    other = TokenService(store, house.tokens.server_url, house.tokens.grpc_address)
    await other.start()
    read = asyncio.Event()
    reload = other.reload

    async def noticed() -> None:
        await reload()
        read.set()

    other.reload = noticed  # type: ignore[method-assign]
    store.cluster.listen(other.on_notice, other.reload_soon)
    await asyncio.wait_for(read.wait(), 30)
    read.clear()
    token = await house.tokens.issue(house.ours.tenant_id, "to be revoked")
    await asyncio.wait_for(read.wait(), 30)
    principal = other.verify(token)
    read.clear()
    assert await house.tokens.revoke(house.ours.tenant_id, principal.token_id)
    await asyncio.wait_for(read.wait(), 30)
    with pytest.raises(InvalidToken, match="revoked"):
        other.verify(token)
    await store.close()
