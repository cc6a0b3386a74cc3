"""Settings of the server: one typed object, each field with its unit and default.

A value comes from, in this order: a command-line flag (`--grpc-port`), an environment variable
(`MATTOCK_GRPC_PORT`), the TOML file (`grpc_port = …`), the default. `docs/configuration.md` is generated from here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, field

ENV_PREFIX = "MATTOCK_"
CONFIG_FILE = "mattock.toml"

DEFAULT_HOST = "127.0.0.1"
DEFAULT_GRPC_PORT = 7070
DEFAULT_HTTP_PORT = 8080
DEFAULT_PROCESSES = 1
DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
DEFAULT_TOKEN_DAYS = 90
DEFAULT_SMTP_PORT = 587
DEFAULT_ALERT_SECONDS = 10.0
DEFAULT_SHUTDOWN_GRACE = 8.0
DEFAULT_RETENTION_DAYS = 30
MAX_PROCESSES = 64

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0)]
Days = Annotated[int, Meta(ge=1, le=36_500)]


class SettingError(Exception):
    """A setting is wrong. The message is one line that names the flag, variable or key, and what was expected."""


def default_data_dir() -> Path:
    """The user's data directory for Mattock."""
    # platformdirs costs 30 ms to import: only who needs the default pays for it.
    import platformdirs

    return Path(platformdirs.user_data_dir("mattock", appauthor=False))


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a server. The text of each field is its help and its row in the documentation."""

    data_dir: Annotated[
        Path,
        Meta(description="Folder of the embedded Postgres, of the server's lock and of its `server.env`."),
    ] = field(default_factory=default_data_dir)
    database_url: Annotated[
        str,
        Meta(
            description="A Postgres ≥ 15 to use in place of the embedded one: `postgresql://user:password@host/name`."
        ),
    ] = ""
    host: Annotated[
        str,
        Meta(description="Address to listen on. One that others can reach needs TLS (`tls_cert_file`), or `insecure`."),
    ] = DEFAULT_HOST
    grpc_port: Annotated[Port, Meta(description="Port for gRPC (workers, SDKs); 0 = a free one.")] = DEFAULT_GRPC_PORT
    http_port: Annotated[Port, Meta(description="Port for HTTP (REST, health); 0 = a free one.")] = DEFAULT_HTTP_PORT
    advertise_host: Annotated[
        str,
        Meta(description="Host name that clients are told to use; empty = `host`, or this machine's name for 0.0.0.0."),
    ] = ""
    insecure: Annotated[
        bool,
        Meta(description="Allow a `host` that others can reach without TLS, although traffic and tokens can be read."),
    ] = False
    tls_cert_file: Annotated[
        Path | None,
        Meta(description="PEM file with the certificate (and its chain) for gRPC and HTTP; empty = no TLS."),
    ] = None
    tls_key_file: Annotated[Path | None, Meta(description="PEM file with its private key.")] = None
    tls_client_ca_file: Annotated[
        Path | None,
        Meta(description="PEM file of authorities: gRPC clients must show a certificate of theirs (mTLS)."),
    ] = None
    tls_http_client_certs: Annotated[
        bool, Meta(description="HTTP clients, browsers included, must show such a certificate too.")
    ] = False
    processes: Annotated[
        Annotated[int, Meta(ge=1, le=MAX_PROCESSES)],
        Meta(description="Engine processes (replicas) that share the two ports."),
    ] = DEFAULT_PROCESSES
    env_file: Annotated[
        Path | None,
        Meta(description="File to write, once ready, with `KEY=value` lines that connect a client (mode 0600)."),
    ] = None
    max_message_bytes: Annotated[
        Annotated[int, Meta(ge=64 * 1024, le=256 * 1024 * 1024)],
        Meta(description="Largest message, and largest payload, in bytes."),
    ] = DEFAULT_MAX_MESSAGE_BYTES
    shutdown_grace: Annotated[
        Seconds,
        Meta(description="Seconds that a stop may take: what is committed is finished, then connections are closed."),
    ] = DEFAULT_SHUTDOWN_GRACE
    payload_keys_file: Annotated[
        Path | None,
        Meta(description="File with the keys by which payloads are encrypted in the database; empty = they are not."),
    ] = None
    retention_days: Annotated[Days, Meta(description="Days that finished runs are kept.")] = DEFAULT_RETENTION_DAYS
    token_days: Annotated[Days, Meta(description="Days until a new API token expires.")] = DEFAULT_TOKEN_DAYS
    oidc_issuer: Annotated[
        str,
        Meta(description="URL of an OpenID Connect provider by which people may log in; empty = none."),
    ] = ""
    oidc_client_id: Annotated[str, Meta(description="The id that the provider knows this server by.")] = ""
    oidc_client_secret: Annotated[str, Meta(description="The secret that goes with it.")] = ""
    oidc_role: Annotated[
        Literal["", "VIEWER", "MEMBER", "ADMIN"],
        Meta(description="Role of people from the provider whom nobody has invited; empty = they are refused."),
    ] = ""
    smtp_host: Annotated[str, Meta(description="Mail server that takes alerts by e-mail; empty = none are sent.")] = ""
    smtp_port: Annotated[Annotated[int, Meta(ge=1, le=65535)], Meta(description="Its port.")] = DEFAULT_SMTP_PORT
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description="How the way to it is encrypted: after a greeting, from the first byte on, not at all."),
    ] = "starttls"
    smtp_user: Annotated[str, Meta(description="Who logs in there; empty = no log-in.")] = ""
    smtp_password: Annotated[str, Meta(description="The password that goes with it.")] = ""
    smtp_from: Annotated[str, Meta(description="Sender of the e-mails, such as `mattock@example.com`.")] = ""
    alert_seconds: Annotated[Seconds, Meta(description="Seconds between two looks at the alert rules.")] = (
        DEFAULT_ALERT_SECONDS
    )
    alert_public_only: Annotated[
        bool, Meta(description="Send alerts to no URL that leads into a private network or to this machine.")
    ] = False
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="Least level that is logged (to standard error)."),
    ] = "info"
    log_format: Annotated[Literal["text", "json"], Meta(description="Lines for people, or one JSON object a line.")] = (
        "text"
    )

    @property
    def client_host(self) -> str:
        """The host name that clients are told to use."""
        if self.advertise_host:
            return self.advertise_host
        if self.host in ("0.0.0.0", "::", ""):
            import socket

            return socket.gethostname()
        return self.host

    @property
    def http_scheme(self) -> Literal["http", "https"]:
        """How the addresses of HTTP begin."""
        return "http" if self.tls_cert_file is None else "https"

    @property
    def tls_strategy(self) -> Literal["none", "tls", "mtls"]:
        """What clients are told to speak."""
        if self.tls_cert_file is None:
            return "none"
        return "tls" if self.tls_client_ca_file is None else "mtls"


@dataclass(frozen=True)
class Option:
    """How one setting is named and typed outside."""

    name: str
    type: Any
    description: str
    default: Any

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def env(self) -> str:
        return ENV_PREFIX + self.name.upper()

    @property
    def base(self) -> Any:
        """The type without its annotations."""
        kind = self.type
        while get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        return kind

    @property
    def expected(self) -> str:
        """What a value has to be, in words."""
        if get_origin(self.base) is Literal:
            return "one of " + ", ".join(get_args(self.base))
        if self.base is bool:
            return "true or false"
        if self.base in (int, float):
            noun = "a whole number" if self.base is int else "a number"
            low, high = self._bounds()
            return noun + (f" from {low} to {high}" if high is not None else f" above {low}")
        return "a path" if self.base is not str else "text"

    def _bounds(self) -> tuple[Any, Any]:
        low = high = None
        for item in _annotations(self.type):
            low = item.ge if item.ge is not None else item.gt if item.gt is not None else low
            high = item.le if item.le is not None else high
        return low, high

    def parse(self, raw: Any, source: str) -> Any:
        """Converts a raw value; `source` is what the error names.

        Raises:
            SettingError: the value is not what the option takes.
        """
        if self.base not in (bool, int, float) and get_origin(self.base) is not Literal:
            return self._parse_text(raw, source)
        if isinstance(raw, str) and self.base is bool:
            raw = {"yes": "true", "on": "true", "no": "false", "off": "false", "": "false"}.get(raw.lower(), raw)
        try:
            return msgspec.convert(raw, self.type, strict=not isinstance(raw, str))
        except msgspec.ValidationError:
            raise SettingError(f"{source}: expected {self.expected}, got {raw!r}") from None

    def _parse_text(self, raw: Any, source: str) -> Any:
        if not isinstance(raw, (str, Path)):
            raise SettingError(f"{source}: expected {self.expected}, got {raw!r}")
        if self.base is str:
            return raw
        if not str(raw):
            if self.default is None:
                return None
            raise SettingError(f"{source}: expected {self.expected}, got an empty text")
        return Path(raw).expanduser().absolute()


def _annotations(kind: Any) -> Iterator[Meta]:
    while get_origin(kind) is Annotated:
        for item in get_args(kind)[1:]:
            if isinstance(item, Meta):
                yield item
        kind = get_args(kind)[0]


@cache
def options() -> dict[str, Option]:
    """All options by name, in the order of the documentation."""
    hints = get_type_hints(Settings, include_extras=True)
    found = {}
    for item in msgspec.structs.fields(Settings):
        kind = hints[item.name]
        text = " ".join(meta.description for meta in _annotations(kind) if meta.description)
        default = item.default if item.default is not msgspec.NODEFAULT else None
        found[item.name] = Option(item.name, kind, text, default)
    return found


def load(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, config: str | None = None) -> Settings:
    """Puts the settings together.

    Args:
        flags: values by option name as given on the command line; None for those not given.
        environ: environment variables; `os.environ` by default.
        config: path of the TOML file; default `MATTOCK_CONFIG`, or `mattock.toml` in the working directory if there.

    Raises:
        SettingError: a value is wrong, or the file cannot be read, or it has an unknown key.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    known = options()
    for name, raw in _read_file(config or environ.get(ENV_PREFIX + "CONFIG", "")).items():
        path, value = raw
        if name not in known:
            raise SettingError(f"{path}: unknown setting {name!r}; see docs/configuration.md for those there are")
        values[name] = known[name].parse(value, f"{path}: {name}")
    for name, option in known.items():
        if option.env in environ:
            values[name] = option.parse(environ[option.env], option.env)
        if flags.get(name) is not None:
            values[name] = option.parse(flags[name], option.flag)
    settings = Settings(**values)
    _check(settings)
    return settings


def _read_file(path: str) -> dict[str, tuple[str, Any]]:
    file = Path(path) if path else Path(CONFIG_FILE)
    if not path and not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingError(f"--config: cannot read {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{file}: not a TOML file: {error}") from None
    return {name: (str(file), value) for name, value in content.items()}


def _check(settings: Settings) -> None:
    if settings.grpc_port and settings.grpc_port == settings.http_port:
        raise SettingError(f"--http-port: {settings.http_port} is the gRPC port already; choose two different ports")
    _check_tls(settings)
    if not settings.insecure and settings.tls_cert_file is None and not is_loopback(settings.host):
        raise SettingError(
            f"--host: others can reach {settings.host!r}, and the traffic is not encrypted; give --tls-cert-file and"
            " --tls-key-file, or put a TLS proxy in front of a loopback address, or accept it with --insecure"
        )
    if settings.database_url and not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise SettingError("--database-url: expected postgresql://user:password@host:port/name")


def _check_tls(settings: Settings) -> None:
    if settings.tls_cert_file is not None and settings.tls_key_file is None:
        raise SettingError("--tls-key-file: expected the file with the key of --tls-cert-file")
    if settings.tls_cert_file is None:
        for name in ("tls_key_file", "tls_client_ca_file"):
            if getattr(settings, name) is not None:
                raise SettingError(f"--{name.replace('_', '-')}: without --tls-cert-file there is no TLS")
    if settings.tls_http_client_certs and settings.tls_client_ca_file is None:
        raise SettingError("--tls-http-client-certs: expected --tls-client-ca-file, whose certificates are asked for")


def is_loopback(host: str) -> bool:
    """True for an address that only this machine can reach."""
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
