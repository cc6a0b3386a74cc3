"""The page `docs/configuration.md`, from the settings themselves."""

from __future__ import annotations

from typing import Any

from mattock_engine.setting import Option, options

BEGIN = """# Configuration

<!-- Generated from engine/mattock_engine/setting.py by `python3 dev.py generate`. -->

A server needs no configuration. Each setting can be given in three ways; the first one that is there counts:

1. a flag of `mattock server`, e.g. `--grpc-port 7171`;
2. an environment variable, e.g. `MATTOCK_GRPC_PORT=7171`;
3. a key in a TOML file, e.g. `grpc_port = 7171`: the file of `--config` or `MATTOCK_CONFIG`, else `mattock.toml` in the
   working directory, if there.

A wrong value is refused at start with a line that names the flag, variable or key.

| flag | variable | default | what it sets |
|---|---|---|---|
"""

END = """
## A file

```toml
# mattock.toml
data_dir = "/var/lib/mattock"
http_port = 9090
processes = 2
log_format = "json"
```

## Clients

SDKs and the command line read these variables; `--env-file` writes all but those that name files. Each is also read
with `HATCHET_` in place of `MATTOCK_`, which is what Hatchet's SDKs read. Without any, the command line and
`mattock worker` use the server that runs on the same machine (its `server.env` in the data directory).

| variable | meaning |
|---|---|
| `MATTOCK_CLIENT_TOKEN` | API token; it holds the tenant and both addresses, so that it is enough by itself |
| `MATTOCK_CLIENT_HOST_PORT` | gRPC address, `host:port` |
| `MATTOCK_CLIENT_SERVER_URL` | address of the REST API |
| `MATTOCK_CLIENT_API_URL` | the same address, by the name that Hatchet's TypeScript SDK reads |
| `MATTOCK_CLIENT_TLS_STRATEGY` | `none` for a server without TLS; `tls`, the default; `mtls`: show a certificate too |
| `MATTOCK_CLIENT_TLS_ROOT_CA_FILE` | PEM file of the authorities to trust, if the usual ones are not enough |
| `MATTOCK_CLIENT_TLS_CERT_FILE`, `…_TLS_KEY_FILE` | PEM files of the client's certificate and its key, for `mtls` |
| `MATTOCK_CLIENT_TLS_SERVER_NAME` | the name to expect in the server's certificate, if it is not the host's |
| `MATTOCK_CLIENT_TENANT_ID` | id of the tenant |
"""


def _default(option: Option) -> Any:
    if option.name == "data_dir":
        return "the user's data folder"
    if option.default in (None, ""):
        return "–"
    return f"`{str(option.default).lower() if isinstance(option.default, bool) else option.default}`"


def render() -> str:
    """The page's text."""
    rows = [
        f"| `{option.flag}` | `{option.env}` | {_default(option)} | {option.description} |\n"
        for option in options().values()
    ]
    return BEGIN + "".join(rows) + END
