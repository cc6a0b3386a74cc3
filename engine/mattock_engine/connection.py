"""How a client reaches a server: what the env file and the ready lines say."""

from __future__ import annotations

import msgspec

PREFIXES = ("HATCHET_CLIENT_", "MATTOCK_CLIENT_")


class Connection(msgspec.Struct, frozen=True):
    """Addresses and token of a running server.

    Attributes:
        tenant_id: UUID text.
        token: an API token of that tenant.
        grpc_address: `host:port`.
        http_url: base address of REST, without a slash at the end.
        tls_strategy: none, tls or mtls.
    """

    tenant_id: str
    token: str
    grpc_address: str
    http_url: str
    tls_strategy: str = "none"

    def variables(self) -> dict[str, str]:
        """The environment variables that connect an SDK, Mattock's and Hatchet's."""
        values = {
            "TOKEN": self.token,
            "HOST_PORT": self.grpc_address,
            "SERVER_URL": self.http_url,
            "API_URL": self.http_url,
            "TLS_STRATEGY": self.tls_strategy,
            "TENANT_ID": self.tenant_id,
        }
        return {prefix + name: value for prefix in PREFIXES for name, value in values.items()}

    def env_text(self) -> str:
        """`KEY=value` lines; no value needs quotes in a shell."""
        return "".join(f"{name}={value}\n" for name, value in self.variables().items())


def address(host: str, port: int) -> str:
    """`host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"
