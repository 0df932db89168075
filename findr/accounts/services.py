"""Registering, signing in, being signed out, and an address put right."""

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from findr import clock, emails
from findr.accounts import guessing
from findr.accounts.models import AccountRole, User
from findr.accounts.signals import signed_out_everywhere
from findr.errors import FindrError, InvalidCredentials


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
    email = emails.as_typed(email)
    with guessing.counted(email=email, role=role, address=address):
        user = User.objects.filter(email=email, role=role).first()
        if user is None:
            make_password(password)  # As slow as a real check: the time must not tell whether the account exists.
        if user is None or not user.check_password(password) or not user.is_active:
            raise InvalidCredentials
    if user.is_staff:
        guessing.remember(user, address)
    return user


def correct_email(user_id: UUID, email: str) -> None:
    """Staff put right the address of an account: what it is mailed to, and what it signs in with.

    Args:
        email: in its normal form.

    Raises:
        EmailTaken: the address belongs to another account; nothing changed.
    """
    with transaction.atomic(durable=True):
        User.objects.hold_address(email)
        if User.objects.filter(email=email).exclude(id=user_id).exists():
            raise EmailTaken
        User.objects.filter(id=user_id).update(email=email, updated_at=clock.now())


@transaction.atomic
def sign_out_everywhere(user: User) -> None:
    """Revoke every token that the account has, and end its sessions in the console; nothing is pushed to it any more."""
    ended = {"token_generation": F("token_generation") + 1, "updated_at": clock.now()}
    User.objects.filter(id=user.id).update(**ended)
    user.refresh_from_db(fields=list(ended))
    signed_out_everywhere.send(User, user=user)
