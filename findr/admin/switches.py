"""The kill switches in the staff console: what each is for, and who turned it off."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from waffle.models import Switch as SwitchRow

from findr.console_pages import ConsoleAdmin
from findr.switches import WHEN_OFF, Switch, forget


class SwitchForm(forms.ModelForm):  # type: ignore[type-arg]
    """On or off, and why."""

    class Meta:
        model = SwitchRow
        fields = ("active", "note")
        labels = {"active": "On", "note": "Note"}
        help_texts = {
            "active": "A change is in force within five seconds, everywhere.",
            "note": "Why it is as it is, for those who read this later.",
        }


@admin.register(SwitchRow)
class SwitchAdmin(ConsoleAdmin):
    """Every staff member sees them; turning one takes `waffle.change_switch`, and is written into the console's log.

    Which there are is the code's to say: none is added or deleted here.
    """

    form = SwitchForm
    list_display = ("name", "standing", "when_off")
    fields = ("called", "when_off", "active", "note")
    readonly_fields = ("called", "when_off")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SwitchRow]:
        rows: QuerySet[SwitchRow] = super().get_queryset(request)
        return rows.filter(name__in=[switch.value for switch in Switch])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Name")
    def called(self, row: SwitchRow) -> str:
        """Without what waffle has to say about names."""
        return str(row.name)

    @admin.display(description="Now")
    def standing(self, row: SwitchRow) -> SafeString:
        context = {"text": "On", "variant": "success"} if row.active else {"text": "Off", "variant": "danger"}
        return render_to_string("unfold/helpers/label.html", context)

    @admin.display(description="When it is off")
    def when_off(self, row: SwitchRow) -> str:
        return WHEN_OFF[Switch(row.name)]

    def save_model(self, request: HttpRequest, obj: SwitchRow, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        forget()

    def log_change(self, request: HttpRequest, obj: SwitchRow, message: Any) -> LogEntry:
        """The log says how it stands since, and not only that it was changed."""
        entry: LogEntry = super().log_change(request, obj, message)
        entry.object_repr = f"{obj.name}: {'on' if obj.active else 'off'}"
        entry.save(update_fields=["object_repr"])
        return entry
