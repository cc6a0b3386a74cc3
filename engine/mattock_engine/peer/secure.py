"""TLS of the links between replicas: both ends prove that they know the cluster's secret, which never travels.

The secret gives the key of an authority, the same in every replica; each replica makes a certificate of its own under
it. So links need no files, and one can neither be read nor entered by who cannot read the database.
"""

from __future__ import annotations

import datetime
import hashlib
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

_BEGIN = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_END = datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC)
_PEM = serialization.Encoding.PEM


def link_contexts(secret: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for the end that listens and for the one that connects.

    Args:
        secret: of the cluster.
    """
    authority_key = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"links/" + secret.encode()).digest())
    authority = _certificate("mattock cluster", authority_key.public_key(), authority_key, is_authority=True)
    key = ed25519.Ed25519PrivateKey.generate()
    own = _certificate("mattock replica", key.public_key(), authority_key, is_authority=False)
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    contexts = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with tempfile.TemporaryDirectory(prefix="mattock-link-") as folder:
        # OpenSSL takes them from a file alone; the folder is this user's.
        file = Path(folder) / "own.pem"
        file.write_bytes(private + own.public_bytes(_PEM))
        for context in contexts:
            # Who is there matters, not at which address.
            context.check_hostname = False
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_cert_chain(file)
            context.load_verify_locations(cadata=authority.public_bytes(_PEM).decode())
    return contexts


def _certificate(
    name: str, public: ed25519.Ed25519PublicKey, signer: ed25519.Ed25519PrivateKey, is_authority: bool
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("mattock cluster"))
        .public_key(public)
        .serial_number(1 if is_authority else x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, None)
    )
