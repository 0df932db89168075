"""Accounts as JSON (contract 9). Allow-lists: what is not named here never leaves."""

from datetime import UTC, datetime
from typing import Any, overload

from findr.accounts.identity import Identity, Kind
from findr.accounts.models import User


@overload
def instant(moment: datetime) -> str: ...
@overload
def instant(moment: None) -> None: ...
def instant(moment: datetime | None) -> str | None:
    """An instant as the wire writes it: UTC, whole seconds, `Z` (contract 2.3)."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def identity_of(user: User, provider_id: Any = None) -> Identity:
    """The identity that a token of this account carries."""
    kind: Kind = user.role  # type: ignore[assignment]
    role = user.staff_role if user.is_staff else ""
    return Identity(kind=kind, user_id=user.id, email=user.email, provider_id=provider_id, role=role)


def user_object(user: User) -> dict[str, Any]:
    """Object U of contract 9.3."""
    return {
        "_id": str(user.id),
        "id": str(user.id),
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "fullName": user.full_name,
        "phone": user.phone or None,
        "photoUrl": user.photo_url or None,
        "address": user.address,
        "authProvider": user.auth_provider,
        "profileComplete": bool(user.first_name and user.last_name and user.phone),
        "status": "active",
        "createdAt": instant(user.created_at),
        "updatedAt": instant(user.updated_at),
    }


def admin_object(user: User) -> dict[str, Any]:
    """A staff member, as sign-in answers (contract 9.6)."""
    return {
        "_id": str(user.id),
        "id": str(user.id),
        "email": user.email,
        "name": user.full_name or user.email,
        "role": user.staff_role,
        "permissions": {},
        "requirePasswordChange": user.must_change_password,
    }
