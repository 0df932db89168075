"""A question between a page and its saving: it carries all that was sent, and to answer it is to send that once more."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 (a field's name)


def question(
    admin: Any, request: HttpRequest, template: str, row: Any, *, title: str, own: str, **shown: Any
) -> TemplateResponse:
    """The page that asks.

    Args:
        own: what the names of the fields begin with that the question asks itself; whatever else was sent it carries.
        shown: what its template shows besides.
    """
    sent = [
        (name, value) for name, values in request.POST.lists() for value in values if not name.startswith((own, TOKEN))
    ]
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "original": row,
        "title": title,
        "sent": sent,
    }
    return TemplateResponse(request, template, context | shown)
