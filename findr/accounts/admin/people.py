"""Accounts in the staff console."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from findr import clock
from findr.accounts import services
from findr.accounts.admin.filters import GuessedAt
from findr.accounts.admin.permissions import permission_field
from findr.accounts.admin_forms import AddUserForm, EditUserForm, SetPasswordForm
from findr.accounts.models import AccountRole, User
from findr.closing import AsksBeforeClosing
from findr.console_pages import ConsoleAdmin

_PERSON = ("Who it is", {"fields": ["email", "role", "first_name", "last_name", "phone"]})
_ACCESS = ("Signing in", {"fields": ["is_active", "auth_provider", "since"]})
_RIGHTS = ("Working here", {"fields": ["must_change_password", "is_superuser", "groups", "user_permissions"]})


@admin.register(User)
class PersonAdmin(AsksBeforeClosing, UserAdmin, ConsoleAdmin):  # type: ignore[misc,type-arg]
    """Accounts by role. Disabling one, or giving it a new password, signs the person out everywhere."""

    form = EditUserForm
    add_form = AddUserForm
    change_password_form = SetPasswordForm
    list_display = ("email", "full_name", "what", "is_active", "since")
    list_filter = ("role", "is_active", "is_superuser", GuessedAt)
    search_fields = ("email", "first_name", "last_name")
    search_help_text = "E-mail or name"
    show_facets = admin.ShowFacets.NEVER
    ordering = ("email",)
    list_disable_select_all = True
    actions = ("sign_out_selected",)
    actions_detail = ("new_password",)
    filter_horizontal = ()
    add_fieldsets = ((None, {"fields": ["email", "role", "first_name", "last_name", "password1", "password2"]}),)
    readonly_fields = ("auth_provider", "since")

    @admin.display(description="Name")
    def full_name(self, user: User) -> str:
        return user.full_name or "-"

    @admin.display(description="Role", ordering="role")
    def what(self, user: User) -> str:
        return f"{user.get_role_display()}, superuser" if user.is_superuser else user.get_role_display()

    @admin.display(description="Since", ordering="created_at")
    def since(self, user: User) -> str:
        return f"{user.created_at:%b} {user.created_at.day}, {user.created_at:%Y, %H:%M} UTC"

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return allowed if self.has_change_permission(request, self.get_object(request, object_id)) else []

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Django saves the whole row here; locked, it is the row as it is by now."""
        with transaction.atomic():
            if request.method == "POST":
                self.locked(request, id)
            return super().user_change_password(request, id, form_url)

    @action(description="New password", url_path="new-password")  # type: ignore[untyped-decorator]
    def new_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the form that sets it."""
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        return redirect("admin:auth_user_password_change", user.pk)

    def is_open(self, row: User) -> bool:
        return row.is_active

    def is_closed_by(self, sent: QueryDict) -> bool:
        """A box that is not ticked is not sent."""
        return "is_active" not in sent

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        may_grant = request.user.is_superuser and obj.is_staff
        return (_PERSON, _ACCESS, _RIGHTS) if may_grant else (_PERSON, _ACCESS)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """The role is chosen once: a patient's account never becomes a staff account. Nobody locks themselves out."""
        if obj is None:
            return self.readonly_fields
        own = ("is_active", "is_superuser") if obj == request.user else ()
        return (*self.readonly_fields, "role", *own)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only superusers add staff."""
        if db_field.name == "role" and not request.user.is_superuser:
            kwargs["choices"] = [(role.value, role.label) for role in AccountRole if role != AccountRole.STAFF]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            return permission_field("Permissions")
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        is_free = obj is None or not obj.is_staff or request.user.is_superuser
        return bool(may and is_free)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.updated_at = clock.now()
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            services.sign_out_everywhere(obj)

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Revoke every token of the selected accounts, and end their sessions here."""
        for user in queryset:
            if self.has_change_permission(request, user):
                services.sign_out_everywhere(user)
                self.message_user(request, f"{user.email}: signed out everywhere.", messages.SUCCESS)
            else:
                self.message_user(request, f"{user.email}: refused. Only superusers sign staff out.", messages.ERROR)
