"""A search of the console costs what its words cost: each is looked for in every field, so there are few of them."""

from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.text import smart_split

from findr.postgresql.session import searching

MOST_WORDS = 10
# An e-mail address may be as long: https://www.rfc-editor.org/errata/eid1690
LONGEST_WORD = 254


def is_too_much(term: str) -> bool:
    """Whether a search has more words, or longer ones, than are looked for."""
    if len(term) > MOST_WORDS * (LONGEST_WORD + 1):
        return True
    words = list(smart_split(term))
    return len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words)


class BoundedSearch:
    """Gives an admin searches that end in time. Too much finds nothing, here and where others ask for suggestions."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """PostgreSQL has no text with a NUL, so nothing has it either."""
        if is_too_much(search_term) or "\0" in search_term:
            return queryset.none(), False
        return self.search(request, queryset, search_term)

    def search(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> tuple[QuerySet[Any], bool]:
        """What is found, and whether a row may be in it twice: every word in any of `search_fields`."""
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, term)  # type: ignore[misc]
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Say why nothing was found."""
        term = request.GET.get(SEARCH_VAR, "")
        if request.method == "GET" and is_too_much(term):
            most = f"at most {MOST_WORDS} words, each of at most {LONGEST_WORD} characters"
            messages.error(request, f"This is too much to search for: {most}. Nothing was searched.")
        with searching() if term else nullcontext():
            answer: HttpResponseBase = super().changelist_view(request, extra_context)  # type: ignore[misc]
            if isinstance(answer, TemplateResponse):
                answer.render()  # Only now is it asked which rows there are.
        return answer
