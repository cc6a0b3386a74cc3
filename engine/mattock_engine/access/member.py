"""Tenants and who belongs to them: members, invitations."""

from __future__ import annotations

import hashlib
import re
import secrets
import time

import asyncpg

from ..core.error import Code, Refused, invalid
from ..identity import new_id
from ..role import Role, require
from ..store import Store
from .people import People, Person, to_email, to_name

INVITATION_SECONDS = 7 * 86_400.0
# The first owner of a server that nobody has set up: comes by a link, and chooses an e-mail later.
FIRST_OWNER = ("owner@localhost", "Owner")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Members:
    """Knows tenants' members; `people` are who they are."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    async def ensure_owner(self, tenant_id: str) -> str:
        """The owner of a tenant who is one for the longest time; made if it has none."""
        rows = await self._store.people("first_owner", tenant_id)
        if rows:
            return str(rows[0]["person_id"])
        email, name = FIRST_OWNER
        person_id = await self._people.by_email(email)
        if person_id is None:
            try:
                person_id = await self._people.put(email, name, None)
            except Refused:
                # Another replica made them a moment ago.
                person_id = await self._people.by_email(email)
        assert person_id is not None
        await self._store.people("put_membership", tenant_id, person_id, Role.OWNER.name)
        return person_id

    async def welcome(self, email: str, name: str, tenant_id: str, role: Role | None) -> str:
        """Somebody for whose e-mail an identity provider vouches; the person's id.

        Args:
            email: theirs.
            name: of a new person.
            tenant_id: where those come in whom nobody has invited.
            role: as what; None = they are refused.

        Raises:
            Refused: PERMISSION_DENIED: they belong nowhere.
        """
        person_id = await self._people.by_email(email)
        invited = await self._store.people("invitations_of", email)
        if person_id is None:
            if not invited and role is None:
                raise _uninvited(email)
            person_id = await self._people.put(email, name, None)
        for found in invited:
            await self._join(found, person_id)
        if not await self._people.memberships(person_id):
            if role is None:
                raise _uninvited(email)
            await self._store.people("put_membership", tenant_id, person_id, role.name)
            await self._people.changed()
        return person_id

    async def make_tenant(self, person: Person, slug: str, name: str) -> str:
        """Makes a tenant whose owner is this person; the id.

        Raises:
            Refused: PERMISSION_DENIED: they own none yet; INVALID_ARGUMENT; ALREADY_EXISTS: the slug is taken.
        """
        require(max((each.role for each in person.memberships), default=Role.VIEWER), Role.OWNER)
        if not _SLUG.fullmatch(slug):
            raise invalid("slug", f"{slug!r}: expected up to 63 of a-z, 0-9 and -, a letter or digit at both ends")
        tenant_id = new_id()
        if not await self._store.people("put_tenant", tenant_id, slug, to_name(name)):
            raise Refused(Code.ALREADY_EXISTS, f"slug: {slug} is a tenant's already", "slug")
        await self._store.people("put_membership", tenant_id, person.person_id, Role.OWNER.name)
        await self._people.changed()
        return tenant_id

    async def members(self, tenant_id: str) -> list[asyncpg.Record]:
        """Who may do what."""
        return await self._store.people("members", tenant_id)

    async def change(self, tenant_id: str, own: Role, person_id: str, role: Role) -> None:
        """Gives a member another role.

        Args:
            tenant_id: where.
            own: the caller's role: nobody gives, or takes, more than they have.
            person_id: whose.
            role: the new one.

        Raises:
            Refused: PERMISSION_DENIED; NOT_FOUND; FAILED_PRECONDITION: the last owner would be gone.
        """
        require(own, max(role, await self._role(tenant_id, person_id)))
        if not await self._store.people("change_role", tenant_id, person_id, role.name):
            raise _LAST_OWNER
        await self._people.changed()

    async def drop(self, tenant_id: str, own: Role, person_id: str) -> None:
        """Takes a member out. Raises as `change` does."""
        require(own, await self._role(tenant_id, person_id))
        if not await self._store.people("drop_membership", tenant_id, person_id):
            raise _LAST_OWNER
        await self._people.changed()

    async def _role(self, tenant_id: str, person_id: str) -> Role:
        for row in await self.members(tenant_id):
            if row["person_id"] == person_id:
                return Role[row["role"]]
        raise Refused(Code.NOT_FOUND, f"person: no member {person_id}", "person")

    # ---- invitations ----

    async def invite(self, tenant_id: str, own: Role, email: str, role: Role, by: str) -> str:
        """Invites somebody; the code, which is shown this once. An earlier one for the same e-mail holds no more.

        Raises:
            Refused: PERMISSION_DENIED: the role is above the caller's; INVALID_ARGUMENT; ALREADY_EXISTS: a member.
        """
        require(own, role)
        address = to_email(email)
        if any(row["email"].lower() == address.lower() for row in await self.members(tenant_id)):
            raise Refused(Code.ALREADY_EXISTS, f"email: {address} is a member already", "email")
        code, until = secrets.token_urlsafe(24), time.time() + INVITATION_SECONDS
        await self._store.people("put_invitation", tenant_id, new_id(), _hash(code), address, role.name, by, until)
        return code

    async def invitations(self, tenant_id: str) -> list[asyncpg.Record]:
        """The open ones."""
        return await self._store.people("invitations", tenant_id)

    async def take_back(self, tenant_id: str, invitation_id: str) -> bool:
        """Takes an invitation back; False if there is none."""
        return bool(await self._store.people("drop_invitation", tenant_id, invitation_id))

    async def invitation(self, code: str) -> asyncpg.Record:
        """An open invitation.

        Raises:
            Refused: PERMISSION_DENIED: there is none of this code, or no more.
        """
        rows = await self._store.people("invitation", _hash(code))
        if not rows:
            raise Refused(Code.PERMISSION_DENIED, "code: the invitation does not hold, or no more", "code")
        return rows[0]

    async def accept(self, code: str, name: str, password: str) -> str:
        """Accepts an invitation, as a new person, or as one who knows their password; the person's id.

        Raises:
            Refused: PERMISSION_DENIED: the code does not hold, or the password of the person with that e-mail is
                wrong; INVALID_ARGUMENT naming the field.
        """
        found = await self.invitation(code)
        person_id = await self._people.by_email(found["email"])
        if person_id is None:
            person_id = await self._people.put(found["email"], name, password)
        elif not await self._people.knows_password(person_id, password):
            raise Refused(Code.PERMISSION_DENIED, f"password: it is not that of {found['email']}", "password")
        await self._join(found, person_id)
        return person_id

    async def _join(self, found: asyncpg.Record, person_id: str) -> None:
        # Who takes the invitation away is the one who joins: it works once.
        if await self._store.people("drop_invitation", found["tenant_id"], found["invitation_id"]):
            await self._store.people("put_membership", found["tenant_id"], person_id, found["role"])
            await self._people.changed()


_LAST_OWNER = Refused(Code.FAILED_PRECONDITION, "person: a tenant keeps one owner at least", "person")


def _uninvited(email: str) -> Refused:
    return Refused(Code.PERMISSION_DENIED, f"email: {email} is no member of any tenant; ask for an invitation", "email")


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
