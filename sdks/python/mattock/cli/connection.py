"""Finding the server: the environment first, else the server that runs on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .error import CommandError

PREFIXES = ("MATTOCK_CLIENT_", "HATCHET_CLIENT_")
ENV_FILE = "server.env"
NOT_FOUND = (
    "found no server to talk to. Start one on this machine with `mattock server`, or set MATTOCK_CLIENT_TOKEN"
    " (and MATTOCK_CLIENT_HOST_PORT, MATTOCK_CLIENT_SERVER_URL) to reach one elsewhere"
)


@dataclass(frozen=True)
class Connection:
    """Where the server is, the token to show it, and the files for TLS (authorities, own certificate, its key)."""

    token: str
    tenant_id: str
    server_url: str
    tls_files: tuple[str, str, str] = ("", "", "")


def data_dir() -> Path:
    """The data directory of this user's server."""
    chosen = os.environ.get("MATTOCK_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("mattock", appauthor=False))


def connect() -> Connection:
    """Finds the server, and sets the environment so that the SDK finds the same one.

    Raises:
        CommandError: there is none.
    """
    if not _variable("TOKEN"):
        for name, value in _read_env_file(data_dir() / ENV_FILE).items():
            os.environ.setdefault(name, value)
    token = _variable("TOKEN")
    if not token:
        raise CommandError(NOT_FOUND)
    claims = _claims(token)
    tenant_id = _variable("TENANT_ID") or claims.get("sub", "")
    server_url = (_variable("SERVER_URL") or _variable("API_URL") or claims.get("server_url", "")).rstrip("/")
    if not tenant_id or not server_url:
        raise CommandError("MATTOCK_CLIENT_TOKEN is not an API token of a Mattock server")
    if not server_url.startswith("https"):
        return Connection(token, tenant_id, server_url)
    tls_files = (_variable("TLS_ROOT_CA_FILE"), _variable("TLS_CERT_FILE"), _variable("TLS_KEY_FILE"))
    return Connection(token, tenant_id, server_url, tls_files)


def _variable(name: str) -> str:
    return next((value for prefix in PREFIXES if (value := os.environ.get(prefix + name))), "")


def _read_env_file(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip().startswith(PREFIXES)}


def _claims(token: str) -> dict[str, str]:
    """The claims of a token, unverified (that is the server's part); {} if it is none."""
    import base64
    import json

    try:
        part = token.split(".")[1]
        decoded = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return {name: value for name, value in decoded.items() if isinstance(value, str)}
