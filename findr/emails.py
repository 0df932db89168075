"""E-mail addresses in their normal form: two spellings of one address are one address (contract 9.1)."""

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from findr.text import is_invisible

_validate = EmailValidator()


def normal_form(text: str) -> str:
    """The address as it is stored and compared: NFKC, lower case, the domain in its ASCII form (IDNA).

    Blanks around it, which keyboards add, are no part of it.

    Raises:
        ValidationError: it is no address, or holds characters that nobody sees.
    """
    typed = text.strip(" ")
    if any(is_invisible(one) for one in typed):
        raise ValidationError("It holds a character that nobody sees.", code="invalid")
    # Once more after the lower case, which takes some letters apart.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).lower()).strip(" ")
    local, at, domain = folded.rpartition("@")
    address = f"{local}{at}{_in_ascii(domain)}"
    _validate(address)
    return address


def as_typed(text: str) -> str:
    """The normal form of what somebody typed to sign in. What is no address stays as it is: it is nobody's."""
    try:
        return normal_form(text)
    except ValidationError:
        return text.strip().lower()


def mended(text: str) -> str:
    """The normal form of an address that was stored before there was one, hidden characters dropped; blank: it has none."""
    try:
        return normal_form("".join(one for one in text if not is_invisible(one)))
    except ValidationError:
        return ""


def _in_ascii(domain: str) -> str:
    """https://www.unicode.org/reports/tr46/"""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValidationError(_validate.message, code="invalid") from error
