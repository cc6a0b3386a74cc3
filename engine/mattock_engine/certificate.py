"""TLS of the listening sockets: certificates from files, read anew when they have changed.

The files are looked at with each handshake: a certificate that was renewed is shown to the next client, in every
process, without a restart. Files that do not fit together (a renewal half done) leave in use what was read before.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Sequence
from pathlib import Path

from .setting import SettingError, Settings

log = logging.getLogger("mattock.tls")

Stamp = tuple[tuple[int, int, int], ...]


class Certificates:
    """The certificates of one listener.

    Args:
        settings: name the files; `tls_cert_file` is set.
        protocols: what ALPN offers.
        ask_client: whether clients must show a certificate of `tls_client_ca_file`.

    Raises:
        SettingError: a file cannot be read, or holds no certificate or key that can be used.
    """

    def __init__(self, settings: Settings, protocols: Sequence[str], ask_client: bool) -> None:
        self._settings = settings
        self._protocols = list(protocols)
        self._ask_client = ask_client
        self._stamp = self._look()
        self._newest = self.context = self._read()

    def _files(self) -> list[tuple[str, Path]]:
        names = ["tls_cert_file", "tls_key_file"] + ["tls_client_ca_file"] * self._ask_client
        return [(name, path) for name in names if (path := getattr(self._settings, name)) is not None]

    def _look(self) -> Stamp:
        found = []
        for name, path in self._files():
            try:
                file = path.stat()
            except OSError as error:
                raise SettingError(f"{_flag(name)}: cannot read {path}: {error.strerror}") from None
            found.append((file.st_ino, file.st_size, file.st_mtime_ns))
        return tuple(found)

    def _read(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.set_alpn_protocols(self._protocols)
        made.sni_callback = self._on_hello
        # Who comes back is asked for the certificate again: what was trusted then may not be now.
        made.options |= ssl.OP_NO_TICKET
        made.num_tickets = 0
        for name, path in self._files():
            _check_readable(name, path)
        certificate, key = self._settings.tls_cert_file, self._settings.tls_key_file
        assert certificate is not None
        try:
            made.load_cert_chain(certificate, key, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise SettingError(
                f"--tls-cert-file, --tls-key-file: {certificate} and {key} are no certificate in PEM with its key: "
                f"{_reason(error)}"
            ) from None
        if self._ask_client:
            authority = self._settings.tls_client_ca_file
            try:
                made.load_verify_locations(authority)
            except ssl.SSLError as error:
                raise SettingError(
                    f"--tls-client-ca-file: {authority} holds no certificates in PEM: {_reason(error)}"
                ) from None
            made.verify_mode = ssl.CERT_REQUIRED
        return made

    def _on_hello(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """A client has said its hello, which is when the certificate for it can still be chosen."""
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp
                self._newest = self._read()
                log.info("the certificate in %s was renewed", self._settings.tls_cert_file)
        except SettingError as error:
            log.error("the certificate of before stays in use: %s", error)
        connection.context = self._newest


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one that is not, in a file that only the server can read")


def _check_readable(name: str, path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise SettingError(f"{_flag(name)}: cannot read {path}: {error.strerror}") from None


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or str(error)


def certificates(settings: Settings) -> tuple[ssl.SSLContext | None, ssl.SSLContext | None]:
    """TLS for gRPC and for HTTP; None for each if it is off.

    Raises:
        SettingError: the files cannot be used.
    """
    if settings.tls_cert_file is None:
        return None, None
    known = settings.tls_client_ca_file is not None
    grpc = Certificates(settings, ["h2"], ask_client=known)
    http = Certificates(settings, ["http/1.1"], ask_client=known and settings.tls_http_client_certs)
    return grpc.context, http.context
