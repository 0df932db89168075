"""How the accounts in the staff console are narrowed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from findr.accounts.guessing import guessed_lately
from findr.accounts.models import User

GUESSED = "guessed"


class GuessedAt(admin.SimpleListFilter):
    """Staff accounts whose password strangers are guessing at."""

    title = "guessed at"
    parameter_name = GUESSED

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In the last day")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(id__in=guessed_lately().values("id")) if self.value() == "yes" else queryset
