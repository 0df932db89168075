"""What can be granted, as tick boxes in plain words."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q
from django.forms import ModelMultipleChoiceField
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from findr import console


class PermissionField(ModelMultipleChoiceField[Permission]):
    """Permissions in plain words: what the app that declares one says that it means, else Django's own name for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meanings = {one.permission: one.meaning for one in console.grantable() if one.meaning}

    def label_from_instance(self, obj: Permission) -> str:
        named = f"{obj.content_type.app_label}.{obj.codename}"
        return self.meanings.get(named) or obj.name.removeprefix("Can ").capitalize()


def permission_field(label: str) -> PermissionField:
    """Tick boxes for what can be granted."""
    declared = Q(pk__in=[])
    for one in console.grantable():
        app, codename = one.permission.split(".")
        declared |= Q(content_type__app_label=app, codename=codename)
    found = Permission.objects.filter(declared).select_related("content_type")
    return PermissionField(
        found.order_by("content_type__app_label", "content_type__model", "codename"),
        required=False,
        label=label,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Looking at everything and answering requests takes none of them.",
    )
