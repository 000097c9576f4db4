"""TLS between machines: a certificate that a driver process makes for itself, and by whose digest its clients know it.

No authority signs it. The digest reaches an attempt with its settings, through Ray, and a control command's sender with
the owner's row, through the database; so nobody else can stand in between. On the machine itself no TLS is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from multiprocessing import AuthenticationError

DATES = datetime(2020, 1, 1), datetime(2120, 1, 1)  # nobody asks: the certificate lives as long as its process


@dataclass(frozen=True, slots=True)
class Identity:
    """By which a server shows who it is. ``fingerprint``: SHA-256 of its certificate, hexadecimal."""

    context: ssl.SSLContext
    fingerprint: str


@lru_cache(maxsize=1)
def identity() -> Identity | None:
    """This process's; None where the package ``cryptography`` is missing."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        return None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "raytune_lite driver")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(DATES[0])
        .not_valid_after(DATES[1])
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # nobody resumes a session
    with tempfile.NamedTemporaryFile(prefix="raytune_lite-") as file:  # readable by this user only; ssl takes no bytes
        file.write(private + certificate.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return Identity(context, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest())


def to_server(connection: socket.socket, fingerprint: str) -> ssl.SSLSocket:
    """A client's connection under TLS, to the server that has this certificate.

    Raises:
        AuthenticationError: the other side has another one.
        OSError: it does not speak TLS.
    """
    found = _client_context().wrap_socket(connection)
    shown = hashlib.sha256(found.getpeercert(binary_form=True) or b"").hexdigest()
    if not hmac.compare_digest(shown, fingerprint):
        found.close()
        raise AuthenticationError("the other side has another certificate")
    return found


@lru_cache(maxsize=1)
def _client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the digest is compared instead
    return context


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


__all__ = ["Identity", "identity", "is_loopback", "to_server"]
