"""Accounts as JSON (contract 9). Allow-lists: what is not named here never leaves."""

from typing import Any

from findr.accounts.models import User
from findr.api.identity import Identity, Kind
from findr.api.times import instant


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
