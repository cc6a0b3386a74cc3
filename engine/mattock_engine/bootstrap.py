"""What has to be in the store before the first client comes: the schema, a tenant, a token."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from .connection import Connection
from .datadir import TOKEN_FILE, DataDirectory, write_private
from .role import Role
from .setting import Settings
from .supervisor import ReplicaPlan

if TYPE_CHECKING:
    from .access import TokenService
    from .store import Store

# The tenant of a server that nobody has set up otherwise.
DEFAULT_TENANT = "default"
DAY_SECONDS = 86_400.0
# A kept token is used again if it holds for so long.
LEAST_TOKEN_SECONDS = DAY_SECONDS


class StartError(Exception):
    """The server cannot start or go on. The message is one line that says why and what to do."""


class Bootstrap(NamedTuple):
    """An open store, its tokens, how clients connect, and the code of a link that logs a person in."""

    store: Store
    tokens: TokenService
    connection: Connection
    login_code: str


async def prepare(plan: ReplicaPlan, directory: DataDirectory) -> Bootstrap:
    """Opens the store, migrates it, and makes what the first client needs.

    Raises:
        StartError: the database is down, too old, or of another schema.
    """
    from .access import Logins, Members, People, Seals, TokenService
    from .identity import new_id
    from .store import Store, StoreError

    store = None
    try:
        store = await Store.open(plan.database_url)
        await use_keys(store, plan.settings)
        tenant = await store.put_tenant(new_id(), DEFAULT_TENANT, "Default")
        tokens = TokenService(store, plan.http_url, plan.grpc_address)
        await tokens.start()
        owner = await Members(store, People(store)).ensure_owner(str(tenant["tenant_id"]))
        login_code = await Logins(Seals(store.cluster.secret), store).code(owner)
        token = await _find_token(tokens, str(tenant["tenant_id"]), plan, directory)
    except BaseException as error:
        if store is not None:
            await store.close()
        if isinstance(error, StoreError):
            raise StartError(explain(error, plan.settings)) from None
        raise
    connection = Connection(
        tenant_id=str(tenant["tenant_id"]),
        token=token,
        grpc_address=plan.grpc_address,
        http_url=plan.http_url,
        tls_strategy=plan.settings.tls_strategy,
    )
    return Bootstrap(store, tokens, connection, login_code)


async def use_keys(store: Store, settings: Settings) -> None:
    """Gives the store the keys of payloads that the settings name.

    Raises:
        KeyRingInvalid: they cannot be read, or one is missing by which something is encrypted.
    """
    from .store.keyring import read_ring

    path = settings.payload_keys_file
    await store.use_keys(None if path is None else read_ring(path))


async def _find_token(tokens: TokenService, tenant_id: str, plan: ReplicaPlan, directory: DataDirectory) -> str:
    """The token of the last start if it still fits, else a new one.

    A token names the server's addresses, so that a start on other ports needs another; the old one stays valid.
    """
    kept = directory.read(TOKEN_FILE).strip()
    if kept and _fits(tokens, kept, tenant_id, plan):
        return kept
    made = await tokens.issue(tenant_id, "server start", plan.settings.token_days * DAY_SECONDS, Role.OWNER)
    with contextlib.suppress(OSError):
        write_private(directory.path / TOKEN_FILE, made + "\n")
    return made


def _fits(tokens: TokenService, token: str, tenant_id: str, plan: ReplicaPlan) -> bool:
    import jwt

    from .access import InvalidToken

    try:
        principal = tokens.verify(token)
    except InvalidToken:
        return False
    claims = jwt.decode(token, options={"verify_signature": False})
    return (
        principal.tenant_id == tenant_id
        and principal.role is Role.OWNER
        and claims["server_url"] == plan.http_url
        and claims["grpc_broadcast_address"] == plan.grpc_address
        and claims["exp"] - time.time() > min(LEAST_TOKEN_SECONDS, plan.settings.token_days * DAY_SECONDS / 2)
    )


def explain(error: Exception, settings: Settings) -> str:
    """An error of the store as one line that names the option at fault, without the password."""
    from .store import BackupFailed, KeyRingInvalid

    text = " ".join(str(error).split())
    if isinstance(error, (BackupFailed, KeyRingInvalid)):
        return f"--payload-keys-file: {text}" if isinstance(error, KeyRingInvalid) else text
    if not settings.database_url:
        return f"--data-dir: {text}"
    parts = urlsplit(settings.database_url)
    place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    return f"--database-url: {text} (at {place})"
