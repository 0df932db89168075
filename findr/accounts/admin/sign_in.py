"""The console's door, and one's own password."""

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from findr.accounts.admin_forms import OwnPasswordForm, SignInForm
from findr.errors import headers_of


def change_own_password(request: HttpRequest) -> HttpResponseBase:
    """Django admin's page, with the form that also revokes the tokens issued under the old password."""
    view = PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request),
    )
    return view(request)


def sign_in_page(request: HttpRequest) -> HttpResponseBase:
    """Django admin's page; where nothing was tried it answers as the API does, 429 and when to come back."""
    response: HttpResponseBase = admin.site.login(request)
    form = (getattr(response, "context_data", None) or {}).get("form")
    if locked := getattr(form, "locked", None):
        response.status_code = locked.status
        for name, value in headers_of(locked).items():
            response[name] = value
    return response


def _own_urls() -> list[URLPattern]:
    return [
        path("login/", sign_in_page, name="login"),
        path("password_change/", admin.site.admin_view(change_own_password), name="password_change"),
    ]


admin.site.login_form = SignInForm
admin.site.extra_urls = _own_urls  # type: ignore[attr-defined]
