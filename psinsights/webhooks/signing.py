"""Signatures by the scheme of Standard Webhooks 1.0, so that receivers may use a ready library."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
LEAST_LETTERS = 32
LEAST_BYTES = 24


def key_of(secret: str) -> bytes:
    """The key of a secret: what ``whsec_`` writes in base64, else the secret's own bytes."""
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return secret.encode()


def problem_of(secret: str) -> str:
    """Why a secret may not sign, as the end of a sentence; "" when it may."""
    if len(secret) < LEAST_LETTERS:
        return f"has fewer than {LEAST_LETTERS} characters"
    try:
        key = key_of(secret)
    except (binascii.Error, ValueError):
        return f"is no base64 after {PREFIX}"
    return f"holds fewer than {LEAST_BYTES} bytes" if len(key) < LEAST_BYTES else ""


def signature(webhook_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> str:
    """The ``webhook-signature`` of a request: one entry for each secret, by spaces."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_digest(key_of(secret), signed)}" for secret in secrets)


def _digest(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
