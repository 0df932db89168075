"""The column and the form field of an e-mail address: whatever is typed, its normal form is kept (contract 9.1)."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from findr import emails

if TYPE_CHECKING:
    Column = models.EmailField[str, str]
else:
    Column = models.EmailField


class EmailFormField(forms.EmailField):
    """An address that somebody types into the console."""

    default_validators = []  # The normal form is taken of what is an address, and of nothing else.

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strip = False  # A line break is refused, like every character that nobody sees; it is not trimmed away.

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return emails.normal_form(text) if text.strip() else self.empty_value


class EmailField(Column):
    """An address in its normal form, whichever door it came through: a form, a command, or `save` itself.

    Raises:
        ValidationError: on saving, or cleaning, what has no normal form.
    """

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """What `createsuperuser` asks."""
        return super().clean(_normal(value), model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The row in memory shows what is kept."""
        setattr(model_instance, self.attname, _normal(getattr(model_instance, self.attname)))
        return super().pre_save(model_instance, add)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """An UPDATE without a row in memory."""
        return super().get_db_prep_save(_normal(value), connection)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": EmailFormField, **kwargs})

    def deconstruct(self) -> Any:
        """To the database, and so to migrations, it is Django's own."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs


def _normal(value: Any) -> Any:
    return emails.normal_form(value) if isinstance(value, str) and value else value
