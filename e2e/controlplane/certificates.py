"""The keys and certificates of one run: authority, serving, administrator, and the service-account signing pair."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

_VALID = dt.timedelta(days=365)
_SERVED_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
_SERVED_ADDRESSES = ("127.0.0.1", "10.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of PEM files."""

    authority: Path
    serving: Path
    serving_key: Path
    admin: Path
    admin_key: Path
    accounts_key: Path
    accounts_public: Path


def make_certificates(folder: Path) -> Certificates:
    """Write a fresh set into a folder that only this user can read."""
    folder.mkdir(mode=0o700)
    names = ("ca.crt", "server.crt", "server.key", "admin.crt", "admin.key", "accounts.key", "accounts.pub")
    paths = Certificates(*(folder / name for name in names))
    authority_key = _key()
    authority = _self_signed(authority_key)
    paths.authority.write_bytes(_pem(authority))
    issuer = (authority, authority_key)
    _issue(issuer, _name("kube-apiserver"), paths.serving, paths.serving_key, ExtendedKeyUsageOID.SERVER_AUTH)
    _issue(issuer, _name("admin", "system:masters"), paths.admin, paths.admin_key, ExtendedKeyUsageOID.CLIENT_AUTH)
    accounts_key = _key()
    _write_key(paths.accounts_key, accounts_key)
    paths.accounts_public.write_bytes(
        accounts_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return paths


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str, organisation: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("aicost local control plane")
    return (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _issue(
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    subject: x509.Name,
    certificate: Path,
    private_key: Path,
    usage: x509.ObjectIdentifier,
) -> None:
    key = _key()
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in _SERVED_NAMES]
    alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in _SERVED_ADDRESSES]
    signed = (
        _builder(subject, issuer[0].subject, key)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(issuer[1], hashes.SHA256())
    )
    certificate.write_bytes(_pem(signed))
    _write_key(private_key, key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
