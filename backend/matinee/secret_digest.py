"""What is kept in place of a secret."""

from __future__ import annotations

import hashlib


def secret_digest(secret: str) -> str:
    """SHA-256 in hexadecimal digits.

    Secrets here are random, of 128 bits and more: nobody can try them all, so that neither salt nor
    a slow hash would add anything. Whatever somebody sends instead of one has a digest, too.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
