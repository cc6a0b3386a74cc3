"""How a client is configured: arguments over environment over the token's claims."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from .error import SettingError

PREFIXES = ("MATTOCK_CLIENT_", "HATCHET_CLIENT_")
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
RECONNECT_SECONDS = 30.0

TlsStrategy = Literal["none", "tls", "mtls"]


@dataclass(frozen=True)
class ClientSettings:
    """Settings of a client; each is also read from the environment (see `read`).

    Attributes:
        token: the API token.
        tenant_id: the tenant; from the token if not given.
        host_port: `host:port` of the gRPC server; from the token if not given.
        server_url: address of the REST server; from the token if not given.
        tls_strategy: "tls" (the server shows a certificate), "mtls" (the client too) or "none".
        tls_root_ca_file: PEM file of the certificates to trust; "" for the system's.
        tls_cert_file: PEM file of the client's certificate (mtls).
        tls_key_file: PEM file of its key (mtls).
        tls_server_name: name to expect in the server's certificate; "" for the host's.
        namespace: prefix of all workflow and worker names.
        reconnect_seconds: callers get a `ConnectionError` when the server cannot be reached for so long; workers
            try on for ever.
        max_message_bytes: limit for one message to the server, in bytes.
    """

    token: str
    tenant_id: str
    host_port: str
    server_url: str
    tls_strategy: TlsStrategy = "tls"
    tls_root_ca_file: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""
    tls_server_name: str = ""
    namespace: str = ""
    reconnect_seconds: float = RECONNECT_SECONDS
    max_message_bytes: int = MAX_MESSAGE_BYTES

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None, **given: Any) -> ClientSettings:
        """Reads the settings from `MATTOCK_CLIENT_<NAME>`, else `HATCHET_CLIENT_<NAME>`, else the token's claims.

        Args:
            environment: in place of the process's.
            given: settings that win over the environment; None is as if not given.

        Raises:
            SettingError: there is no token, or a value is not understood.
        """
        source = os.environ if environment is None else environment
        values = {name: value for name in cls.__dataclass_fields__ if (value := _variable(source, name)) is not None}
        values.update((name, value) for name, value in given.items() if value is not None)
        token = values.get("token", "")
        if not token:
            raise SettingError("no token: set MATTOCK_CLIENT_TOKEN, or give one to Mattock(token=…)")
        claims = read_claims(token)
        for name, claim in (
            ("tenant_id", "sub"),
            ("server_url", "server_url"),
            ("host_port", "grpc_broadcast_address"),
        ):
            if not values.get(name):
                values[name] = claims.get(claim, "")
            if not values[name]:
                raise SettingError(f"no {name}: set MATTOCK_CLIENT_{name.upper()}; the token has no claim {claim!r}")
        values["server_url"] = values["server_url"].rstrip("/")
        return cls(**_convert(values))

    @property
    def prefix(self) -> str:
        """What goes before names: the namespace, lower-cased, with one `_` at its end."""
        return f"{self.namespace.lower().rstrip('_')}_" if self.namespace else ""

    def qualify(self, name: str) -> str:
        """A name with the namespace before it, once."""
        return name if name.startswith(self.prefix) else self.prefix + name

    @property
    def tls_files(self) -> tuple[str, str, str]:
        """The files of the authorities, and of the client's certificate and key with mtls; "" for none."""
        mutual = self.tls_strategy == "mtls"
        names = (self.tls_root_ca_file, self.tls_cert_file if mutual else "", self.tls_key_file if mutual else "")
        authorities, certificate, key = (name and str(Path(name).expanduser()) for name in names)
        return authorities, certificate, key

    def read_file(self, name: str) -> bytes | None:
        """Contents of the PEM file that a setting names; None if it names none."""
        path = getattr(self, name)
        try:
            return Path(path).expanduser().read_bytes() if path else None
        except OSError as error:
            raise SettingError(f"{name}: cannot read {path}: {error.strerror}") from error


def _variable(source: Mapping[str, str], name: str) -> str | None:
    return next((source[key] for prefix in PREFIXES if source.get(key := prefix + name.upper())), None)


def _convert(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("tls_strategy", "tls") not in get_args(TlsStrategy):
        raise SettingError(f"tls_strategy: expected none, tls or mtls, got {values['tls_strategy']!r}")
    for name, kind in (("reconnect_seconds", float), ("max_message_bytes", int)):
        if name in values:
            try:
                values[name] = kind(values[name])
            except ValueError as error:
                raise SettingError(f"{name}: expected a number, got {values[name]!r}") from error
    return values


def read_claims(token: str) -> dict[str, Any]:
    """The claims of a token, unverified: that is the server's part.

    Raises:
        SettingError: it is no token.
    """
    try:
        part = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError) as error:
        raise SettingError("token: this is not an API token (a JWT)") from error
    return dict(found) if isinstance(found, dict) else {}
