"""People: log-in, sessions, invitations, members, tenants, the audit log."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from mattock_engine.access import Members, People
from mattock_engine.access.people import FAILURES_OF_EMAIL
from mattock_engine.core.error import Refused
from mattock_engine.identity import new_id
from mattock_engine.role import Role

pytestmark = pytest.mark.asyncio(loop_scope="session")
PASSWORD = "a horse and a battery"


class Browser:
    """Somebody's browser."""

    def __init__(self, house: Any) -> None:
        self.http = httpx.AsyncClient(base_url=house.ours.http.base_url)
        self.tenant = f"/api/v1/tenants/{house.ours.tenant_id}"

    async def send(self, method: str, path: str, body: Any = None, status: int = 204) -> Any:
        """A request with the session's cookies; what it answers."""
        headers = {"x-csrf-token": self.http.cookies.get("mattock_csrf") or ""}
        reply = await self.http.request(method, path, json=body, headers=headers)
        assert reply.status_code == status, f"{path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def log_in(self, email: str, password: str = PASSWORD, status: int = 204) -> Any:
        return await self.send("POST", "/api/v1/users/login", {"email": email, "password": password}, status)


@pytest_asyncio.fixture(loop_scope="session")
async def email(house: Any) -> str:
    """The e-mail of a member of ours, who has a password."""
    return await join(house, Role.MEMBER)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(house: Any) -> AsyncIterator[Browser]:
    found = Browser(house)
    yield found
    await found.http.aclose()


async def join(house: Any, role: Role) -> str:
    """A new member, by an invitation."""
    email = f"{new_id()}@people.example"
    members = Members(house.store, house.people)
    code = await members.invite(house.ours.tenant_id, Role.OWNER, email, role, "test")
    await members.accept(code, "Ada", PASSWORD)
    return email


async def test_log_in_and_out(browser: Browser, email: str) -> None:
    await browser.log_in(email.upper())
    session = browser.http.cookies["mattock_session"]
    me = await browser.send("GET", "/api/v1/me", status=200)
    assert (me["email"], me["role"], [each["slug"] for each in me["tenants"]]) == (email, "MEMBER", ["ours"])
    await browser.send("POST", "/api/v1/users/logout")
    assert "mattock_session" not in browser.http.cookies
    browser.http.cookies["mattock_session"] = session
    await browser.send("GET", "/api/v1/me", status=403)


async def test_cookies_are_out_of_reach(house: Any, email: str) -> None:
    for base, secure in ((house.ours.http.base_url, False),):
        async with httpx.AsyncClient(base_url=base) as client:
            reply = await client.post("/api/v1/users/login", json={"email": email, "password": PASSWORD})
        session, csrf = reply.headers.get_list("set-cookie")
        assert session.startswith("mattock_session=")
        assert "HttpOnly" in session
        assert "SameSite=lax" in session
        assert "HttpOnly" not in csrf
        assert ("Secure" in session) is secure


async def test_a_wrong_password_and_a_stranger_look_the_same(browser: Browser, email: str) -> None:
    wrong = await browser.log_in(email, "not the password", 403)
    stranger = await browser.log_in(f"{new_id()}@people.example", "not the password", 403)
    assert wrong == stranger


async def test_log_ins_that_fail_are_limited(browser: Browser, house: Any, email: str) -> None:
    for _ in range(FAILURES_OF_EMAIL):
        await browser.log_in(email, "guess", 403)
    await browser.log_in(email, PASSWORD, 429)
    other = await join(house, Role.VIEWER)
    await browser.log_in(other)
    await house.store.pool.execute(
        "update mattock.login_failure set at = at - interval '16 minutes' where subject = $1", f"email {email}"
    )
    await browser.log_in(email)


async def test_another_password_ends_the_other_sessions(browser: Browser, house: Any, email: str) -> None:
    other = Browser(house)
    await other.log_in(email)
    await browser.log_in(email)
    await browser.send("POST", "/api/v1/me/password", {"current": "wrong", "new": "quite another one"}, 403)
    await browser.send("POST", "/api/v1/me/password", {"current": PASSWORD, "new": "short"}, 400)
    await browser.send("POST", "/api/v1/me/password", {"current": PASSWORD, "new": "quite another one"})
    await browser.send("GET", "/api/v1/me", status=200)
    await other.send("GET", "/api/v1/me", status=403)
    await other.log_in(email, PASSWORD, 403)
    await other.log_in(email, "quite another one")


async def test_passwords_are_hashed(house: Any, email: str) -> None:
    stored = await house.store.pool.fetchval("select password_hash from mattock.person where email = $1", email)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


async def test_an_invitation_works_once(browser: Browser, house: Any) -> None:
    owner, email = Browser(house), f"{new_id()}@people.example"
    await owner.log_in(await join(house, Role.ADMIN))
    made = await owner.send("POST", f"{owner.tenant}/invitations", {"email": email, "role": "VIEWER"}, 201)
    code = made["url"].partition("code=")[2]
    rows = (await owner.send("GET", f"{owner.tenant}/invitations", status=200))["rows"]
    assert [row["role"] for row in rows if row["email"] == email] == ["VIEWER"]
    told = await browser.send("GET", f"/api/v1/users/invitations/{code}", status=200)
    assert told == {"email": email, "role": "VIEWER", "tenant": "Ours", "known": False}
    body = {"code": code, "name": "Bob", "password": PASSWORD}
    await browser.send("POST", "/api/v1/users/invitations/accept", body | {"password": "short"}, 400)
    await browser.send("POST", "/api/v1/users/invitations/accept", body)
    assert (await browser.send("GET", "/api/v1/me", status=200))["role"] == "VIEWER"
    await browser.send("POST", "/api/v1/users/invitations/accept", body, 403)
    await owner.send("POST", f"{owner.tenant}/invitations", {"email": email}, 409)


async def test_an_invitation_does_not_take_over_an_account(browser: Browser, house: Any, email: str) -> None:
    members = Members(house.store, house.people)
    code = await members.invite(house.theirs.tenant_id, Role.OWNER, email, Role.OWNER, "test")
    body = {"code": code, "name": "Eve", "password": "a guess, no more"}
    await browser.send("POST", "/api/v1/users/invitations/accept", body, 403)
    await browser.send("POST", "/api/v1/users/invitations/accept", body | {"password": PASSWORD})
    me = await browser.send("GET", "/api/v1/me", status=200)
    assert {each["slug"]: each["role"] for each in me["tenants"]} == {"ours": "MEMBER", "theirs": "OWNER"}
    headers = {"x-mattock-tenant": house.theirs.tenant_id}
    assert (await browser.http.get("/api/v1/me", headers=headers)).json()["role"] == "OWNER"


async def test_an_admin_makes_no_owner_and_deposes_none(browser: Browser, house: Any, email: str) -> None:
    await browser.log_in(await join(house, Role.ADMIN))
    body = {"email": f"{new_id()}@people.example", "role": "OWNER"}
    await browser.send("POST", f"{browser.tenant}/invitations", body, 403)
    await browser.send("POST", f"{browser.tenant}/api-tokens", {"name": "x", "role": "OWNER"}, 403)
    owner = await join(house, Role.OWNER)
    rows = {row["email"]: row for row in (await browser.send("GET", f"{browser.tenant}/members", status=200))["rows"]}
    await browser.send("DELETE", f"{browser.tenant}/members/{rows[owner]['id']}", status=403)
    await browser.send("PATCH", f"{browser.tenant}/members/{rows[email]['id']}", {"role": "OWNER"}, 403)
    await browser.send("PATCH", f"{browser.tenant}/members/{rows[email]['id']}", {"role": "king"}, 400)
    await browser.send("PATCH", f"{browser.tenant}/members/{rows[email]['id']}", {"role": "ADMIN"})


async def test_who_is_taken_out_is_out_at_once(browser: Browser, house: Any, email: str) -> None:
    await browser.log_in(email)
    await browser.send("GET", f"{browser.tenant}/members", status=200)
    members = Members(house.store, house.people)
    person_id = await house.people.by_email(email)
    await members.drop(house.ours.tenant_id, Role.OWNER, person_id)
    await browser.send("GET", f"{browser.tenant}/members", status=403)


async def test_the_last_owner_stays(house: Any) -> None:
    people = People(house.store)
    members = Members(house.store, people)
    tenant = (await house.store.put_tenant(new_id(), f"t{time.time_ns()}", "T"))["tenant_id"]
    first = await members.ensure_owner(tenant)
    assert await members.ensure_owner(tenant) == first
    for change in (
        members.drop(tenant, Role.OWNER, first),
        members.change(tenant, Role.OWNER, first, Role.ADMIN),
    ):
        with pytest.raises(Refused, match="one owner"):
            await change


async def test_an_owner_makes_a_tenant(browser: Browser, house: Any, email: str) -> None:
    slug = f"t{time.time_ns()}"
    await browser.log_in(email)
    await browser.send("POST", "/api/v1/tenants", {"slug": slug, "name": "Ink"}, 403)
    await browser.log_in(await join(house, Role.OWNER))
    await browser.send("POST", "/api/v1/tenants", {"slug": "Not a slug", "name": "Ink"}, 400)
    made = await browser.send("POST", "/api/v1/tenants", {"slug": slug, "name": "Ink"}, 201)
    assert made["role"] == "OWNER"
    await browser.send("POST", "/api/v1/tenants", {"slug": slug, "name": "Ink"}, 409)
    assert (await browser.send("GET", f"/api/v1/tenants/{made['id']}", status=200))["name"] == "Ink"


async def test_the_audit_log_tells_who_did_what(browser: Browser, house: Any) -> None:
    email = await join(house, Role.ADMIN)
    await browser.log_in(email)
    await browser.send("POST", f"{browser.tenant}/api-tokens", {"name": "for audit"}, 200)
    await browser.send("POST", f"{browser.tenant}/login-links", status=403)
    path = f"{browser.tenant}/audit?search={email}"
    rows = (await browser.send("GET", path, status=200))["rows"]
    found = [(row["actor"], row["operation"], row["target"], row["status"]) for row in rows]
    assert found == [
        (email, "make_login_link", f"{browser.tenant}/login-links", 403),
        (email, "make_token", f"{browser.tenant}/api-tokens", 200),
    ]
    page = await browser.send("GET", f"{path}&limit=1", status=200)
    after = await browser.send("GET", f"{path}&limit=1&before={page['next']}", status=200)
    assert [*page["rows"], *after["rows"]] == rows
    assert after["next"] is None
