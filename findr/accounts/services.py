"""Registering, signing in, and being signed out."""

from django.contrib.auth.hashers import make_password
from django.db import transaction

from findr import clock
from findr.accounts.models import AccountRole, User
from findr.api import limits
from findr.errors import FindrError, InvalidCredentials

LOCKED = "The account is locked for 30 minutes."


class EmailTaken(FindrError):
    status, code, error = 400, "email_taken", "Email already registered"


def register_patient(
    *, email: str, password: str, first_name: str, last_name: str, phone: str, terms_version: str
) -> User:
    """A new patient, who has agreed to the terms just now.

    Raises:
        EmailTaken: the address belongs to an account, a patient's or anyone's.
    """
    user = User.objects.unsaved(
        email,
        password,
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        terms_version=terms_version,
        agreed_to_terms_at=clock.now(),
    )
    with transaction.atomic(durable=True):
        if not User.objects.save_unless_taken(user):
            raise EmailTaken
    return user


def sign_in(*, email: str, password: str, role: AccountRole, address: str) -> User:
    """The account of `role` with this e-mail and password.

    Raises:
        InvalidCredentials: no such account, a wrong password or a disabled account; all alike.
        RateLimited: too many failures (contract 2.8).
    """
    email = email.strip().lower()
    limit, who, message = _failure_limit(role, email, address)
    limits.refuse_locked(limit, who, message=message)
    user = User.objects.filter(email=email, role=role).first()
    if user is None:
        make_password(password)  # As slow as a real check: the time must not tell whether the account exists.
    if user is None or not user.check_password(password) or not user.is_active:
        limits.lock_after(limit, who)
        raise InvalidCredentials
    return user


def _failure_limit(role: AccountRole, email: str, address: str) -> tuple[str, str, str]:
    if role == AccountRole.STAFF:
        return "staff_sign_in_failures", email, LOCKED
    return "sign_in_failures", f"{email}|{address}", ""


def sign_out_everywhere(user: User) -> None:
    """Revoke every token that the account has."""
    user.token_generation += 1
    user.updated_at = clock.now()
    user.save(update_fields=["token_generation", "updated_at"])
