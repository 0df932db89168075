"""Tokens at rest: AES-256-GCM, bound to the row and the column they stand in (NIST SP 800-38D).

`CALENDAR_TOKEN_KEYS` lists the keys, the newest first: it seals, all of them open. A ciphertext that was copied to another
row or column does not open there. https://cryptography.io/en/latest/hazmat/primitives/aead/
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from findr.environment import read_key

NONCE_BYTES = 12
KEY_NAME_BYTES = 4


class Unreadable(Exception):
    """It was sealed with a key that is gone, for another place, or is no ciphertext of ours."""


def seal(text: str, *, place: str) -> bytes:
    """Encrypt with the newest key.

    Args:
        place: which row and column it is for, such as `connection:<id>:refresh_token`; the same opens it again.

    Returns:
        The key's name (4 bytes), the nonce (12), the ciphertext and its tag.
    """
    name, cipher = _ciphers(tuple(settings.CALENDAR_TOKEN_KEYS))[0]
    nonce = os.urandom(NONCE_BYTES)
    return name + nonce + cipher.encrypt(nonce, text.encode(), place.encode())


def unseal(sealed: bytes, *, place: str) -> str:
    """Decrypt what `seal` gave for this place.

    Raises:
        Unreadable
    """
    raw = bytes(sealed)
    name, nonce = raw[:KEY_NAME_BYTES], raw[KEY_NAME_BYTES : KEY_NAME_BYTES + NONCE_BYTES]
    for known, cipher in _ciphers(tuple(settings.CALENDAR_TOKEN_KEYS)):
        if known == name:
            try:
                return cipher.decrypt(nonce, raw[KEY_NAME_BYTES + NONCE_BYTES :], place.encode()).decode()
            except (InvalidTag, ValueError) as error:
                raise Unreadable(place) from error
    raise Unreadable(place)


def is_current(sealed: bytes) -> bool:
    """Whether the newest key sealed it."""
    return bytes(sealed)[:KEY_NAME_BYTES] == _ciphers(tuple(settings.CALENDAR_TOKEN_KEYS))[0][0]


@lru_cache(maxsize=8)
def _ciphers(keys: Sequence[str]) -> list[tuple[bytes, AESGCM]]:
    """Each key's name, which is part of its hash, and its cipher."""
    found = [read_key(key) for key in keys]
    return [(sha256(key).digest()[:KEY_NAME_BYTES], AESGCM(key)) for key in found]
