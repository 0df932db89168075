"""The forms of the staff console that deal with passwords and accounts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm, AuthenticationForm, UserCreationForm
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from findr import clock
from findr.accounts import services
from findr.accounts.models import User
from findr.api import limits
from findr.errors import RateLimited


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    """The console's door. Says so when it is locked.

    Attributes:
        locked: why nothing was tried.
    """

    locked: RateLimited | None = None

    def clean(self) -> Any:
        try:
            return super().clean()
        except RateLimited as locked:
            self.locked = locked
            raise ValidationError(locked.message, code="locked") from None


class _HoldsAddress:
    """One look at a time: an address that is free here is still free when it is saved, in the same transaction."""

    instance: User

    def validate_unique(self) -> None:
        User.objects.hold_address(self.instance.email)
        super().validate_unique()  # type: ignore[misc]


class AddUserForm(_HoldsAddress, UserCreationForm):  # type: ignore[misc]
    """A new account: e-mail, role, name and a password, typed twice."""

    usable_password = None

    class Meta:
        model = User
        fields = ("email", "role", "first_name", "last_name")
        widgets = {
            "email": UnfoldAdminEmailInputWidget,
            "role": UnfoldAdminSelectWidget,
            "first_name": UnfoldAdminTextInputWidget,
            "last_name": UnfoldAdminTextInputWidget,
        }


class EditUserForm(_HoldsAddress, forms.ModelForm):  # type: ignore[type-arg]
    """An account that exists. Its role stays what it is; its password has a form of its own."""

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets are the allow-list
        labels = {
            "is_active": "May sign in",
            "auth_provider": "Signs in with",
            "is_superuser": "Superuser",
            "must_change_password": "Must change the password",
        }
        help_texts = {
            "is_superuser": "May do everything, and decides what other staff may do.",
            "must_change_password": "Told to the staff app at the next sign-in.",
            "groups": "",
        }


class SetPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """Somebody else's new password: whoever knew the old one is signed out."""

    usable_password = None

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        services.sign_out_everywhere(user)
        return user


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]
    """One's own new password: every token issued before is revoked; this session stays."""

    def clean_old_password(self) -> Any:
        """The old password is a door of its own: whoever found a session open may not guess at it for ever."""
        try:
            with limits.trying("staff_sign_in_failures", f"own password|{self.user.id}", failure=ValidationError):
                return super().clean_old_password()
        except RateLimited as locked:
            raise ValidationError(locked.message, code="locked") from None

    def save(self, commit: bool = True) -> Any:
        self.user.must_change_password = False
        self.user.updated_at = clock.now()
        user = super().save(commit)
        services.sign_out_everywhere(user)
        return user
