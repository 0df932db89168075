"""Permissions for several staff members at once."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from findr.accounts.admin.permissions import permission_field
from findr.console_pages import ConsoleAdmin
from findr.text import validate_line

admin.site.unregister(Group)


@admin.register(Group)
class StaffGroupAdmin(GroupAdmin, ConsoleAdmin):
    """Permissions for several staff members at once. Superusers' business: whoever edits groups can grant anything."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        return permission_field("Permissions")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A group's name is read on one line, too."""
        if db_field.name == "name":
            kwargs["validators"] = [validate_line]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission
