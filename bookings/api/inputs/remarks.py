"""What people write beside a decision: a note, or a reason."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from findr.api.fields import Text, read
from findr.errors import Invalid


class NoteInput(serializers.Serializer[object]):
    note = Text(required=False, max_length=500)


class CancelInput(serializers.Serializer[object]):
    reason = Text(required=False, max_length=500)


class ReasonInput(serializers.Serializer[object]):
    reason = Text(max_length=500)


def read_reason(data: Mapping[str, Any], sentence: str) -> str:
    """The reason that a decline or a cancellation must give; `sentence` says so if it is missing."""
    try:
        reason: str = read(ReasonInput, data)["reason"]
    except Invalid as error:
        if error.error == "reason is required":
            raise Invalid(sentence, reason=sentence) from None
        raise
    return reason
