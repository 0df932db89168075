"""Input fields that take JSON at its word: a number is not a text, a text is not a flag (contract 2.1, 2.2).

Each endpoint's input is a plain REST framework serializer made of these. `read` turns its errors into the sentences of
the contract: `<field> is required`, `<field> is invalid`.
"""

from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from rest_framework import serializers

from findr import emails
from findr.errors import Invalid
from findr.text import validate_line

REQUIRED_CODES = {"required", "null", "blank"}


class Text(serializers.CharField):
    """A string, at most `max_length` characters; an optional one that is blank is None (contract 2.1)."""

    def __init__(self, *, required: bool = True, **options: Any) -> None:
        optional: dict[str, Any] = {} if required else {"default": None, "allow_null": True, "allow_blank": True}
        super().__init__(required=required if required else False, **{**optional, **options})
        self.optional = not required

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Refuse what is not a string, then let REST framework check the rest."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        value = super().run_validation(data)
        return (value or None) if self.optional else value


class Email(Text):
    """An e-mail address, in the normal form in which it is stored and compared (contract 9.1)."""

    def __init__(self, **options: Any) -> None:
        # A line break is refused, like every character that nobody sees; it is not trimmed away.
        super().__init__(max_length=254, trim_whitespace=False, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Blanks alone are no address at all."""
        return super().run_validation("" if isinstance(data, str) and not data.strip() else data)

    def to_internal_value(self, data: Any) -> str:
        """Its normal form first: it may be longer or shorter, and the length that counts is the stored one."""
        try:
            return emails.normal_form(super().to_internal_value(data))
        except ValidationError:
            self.fail("invalid")


class Line(Text):
    """A name, or other text that people read on one line (contract 9.1)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validators=[validate_line], **options)


class Password(Text):
    """A text that is taken as it is, blanks included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)


class Id(Text):
    """An id in a body: a string. One that is not a UUID names nothing: it becomes `UNKNOWN_ID` (contract 2.2)."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The UUID, None if it is optional and absent."""
        value = super().run_validation(data)
        return None if value is None else as_id(value)


class Agreement(serializers.Field[Any, Any, Any, Any]):
    """A flag that must be `true`, and nothing that merely resembles it."""

    default_error_messages = {"invalid": "must be true"}

    def to_internal_value(self, data: Any) -> bool:
        if data is not True:
            self.fail("invalid")
        return True


# No row ever has this id, so that looking it up answers like any unknown id.
UNKNOWN_ID = UUID(int=0)


def as_id(text: str) -> UUID:
    """The UUID in a path or a body; `UNKNOWN_ID` if it is none."""
    try:
        value = UUID(text)
    except ValueError:
        return UNKNOWN_ID
    # UUID() also takes braces, URNs and missing hyphens; the wire knows one spelling.
    return value if str(value) == text.lower() else UNKNOWN_ID


S = TypeVar("S", bound=serializers.Serializer[Any])


def read(serializer: type[S], data: Any) -> dict[str, Any]:
    """The checked input of an endpoint.

    Raises:
        Invalid: names every bad field; `error` is the sentence of the first one, in the serializer's order.
    """
    try:
        return dict(_form(serializer).run_validation(data))
    except serializers.ValidationError as error:
        fields = {name: _sentence(name, details) for name, details in error.detail.items()}  # type: ignore[union-attr]
    raise Invalid(next(iter(fields.values())), **fields)


@cache
def _form(serializer: type[S]) -> S:
    """One for all calls: it keeps nothing of what it checks, and to copy its fields costs more than to check them."""
    return serializer()


def _sentence(name: str, details: Any) -> str:
    codes = {getattr(detail, "code", "invalid") for detail in details}
    return f"{name} is required" if codes & REQUIRED_CODES else f"{name} is invalid"
