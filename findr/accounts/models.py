"""Accounts: patients, the practices' desks, staff. One e-mail address is one person, whatever their role."""

from typing import Any, ClassVar
from uuid import uuid4

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import URLValidator
from django.db import connection, models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from findr import clock, emails
from findr.email_fields import EmailField
from findr.text import validate_line


class AccountRole(models.TextChoices):
    PATIENT = "patient"
    PROVIDER = "provider"
    STAFF = "staff"


class UserManager(BaseUserManager["User"]):
    """Accounts by e-mail, stored and compared in its normal form (contract 9.1)."""

    def create_user(
        self, email: str, password: str, *, role: AccountRole = AccountRole.PATIENT, **fields: Any
    ) -> "User":
        """Save a new account."""
        user = self.unsaved(email, password, role=role, **fields)
        user.save(using=self._db)
        return user

    def unsaved(self, email: str, password: str, *, role: AccountRole = AccountRole.PATIENT, **fields: Any) -> "User":
        """A new account that is not saved yet."""
        user = self.model(email=email, role=role, **fields)
        user.set_password(password)
        return user

    def save_unless_taken(self, user: "User") -> bool:
        """Save a new account; False if its address belongs to one. Nothing is refused, so PostgreSQL logs no address."""
        self.hold_address(user.email)
        self.bulk_create([user], ignore_conflicts=True)
        return self.filter(id=user.id).exists()

    def hold_address(self, email: str) -> None:
        """To the end of the transaction nobody else looks whether an address is free, and then takes it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"address of {emails.as_typed(email)}"]
            )

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """A staff member who may do everything (`manage.py createsuperuser`)."""
        return self.create_user(email, password, role=AccountRole.STAFF, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of an e-mail address as typed."""
        return self.get(email=emails.as_typed(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in.

    Raising `token_generation` revokes every token issued before and ends every session in the console; a disabled
    account's are refused at once, and never come back: the database raises the generation with the disabling, whoever
    does it, and lets nobody lower it.

    Attributes:
        guessed_at: when strangers last used up the tries that a staff account's password has for them.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = EmailField(unique=True)
    role = models.CharField(max_length=10, choices=AccountRole, default=AccountRole.PATIENT)
    first_name = models.CharField(max_length=100, blank=True, validators=[validate_line])
    last_name = models.CharField(max_length=100, blank=True, validators=[validate_line])
    phone = models.CharField(max_length=40, blank=True, validators=[validate_line])
    photo_url = models.CharField(max_length=500, blank=True, validators=[URLValidator(["https"])])
    address = models.JSONField(null=True, blank=True)
    auth_provider = models.CharField(max_length=10, default="email", choices={"email": "E-mail", "google": "Google"})
    timezone = models.CharField(max_length=64, blank=True, help_text="The zone the patient's app last named.")
    terms_version = models.CharField(max_length=20, blank=True)
    agreed_to_terms_at = models.DateTimeField(null=True, blank=True)
    must_change_password = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True, help_text="Switch off to sign the person out everywhere.")
    token_generation = models.PositiveIntegerField(default=1)
    guessed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="user_role_known", condition=models.Q(role__in=AccountRole.values)),
            models.CheckConstraint(name="user_email_lower_case", condition=models.Q(email=Lower("email"))),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Trigger(
                name="what_was_revoked_stays_revoked",
                operation=pgtrigger.UpdateOf("is_active", "token_generation"),  # type: ignore[no-untyped-call]
                when=pgtrigger.Before,
                func="""
                    NEW.token_generation := GREATEST(
                        NEW.token_generation, OLD.token_generation + (OLD.is_active AND NOT NEW.is_active)::int
                    );
                    RETURN NEW;
                """,
            )
        ]
        ordering = ["email"]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def is_staff(self) -> bool:
        """May open the admin."""
        return self.role == AccountRole.STAFF

    @property
    def full_name(self) -> str:
        """First and last name, blank if neither is known."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_full_name(self) -> str:
        """Django's own name for it, which the staff console's menu asks for."""
        return self.full_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session of the console remembers of the account: Django ends those that remember something else."""
        standing = f"{self.token_generation}:{self.password}"
        return salted_hmac("findr.accounts.session", standing, secret=secret, algorithm="sha256").hexdigest()

    @property
    def staff_role(self) -> str:
        """The `role` claim of a staff token."""
        return "super_admin" if self.is_superuser else "admin"


class KnownAddress(models.Model):
    """Where a staff member signed in from, so that strangers' failures elsewhere do not hold up the next time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_addresses")
    address = models.CharField(max_length=50)
    signed_in_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="known_address_once", fields=["user", "address"])]

    def __str__(self) -> str:
        return self.address
