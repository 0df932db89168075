"""The console's door, in a browser."""

from django.conf import settings
from django.test import Client

from findr.accounts.models import User
from providers.demo import PASSWORD


def sign_in(page, server):
    """Through the form, as staff do."""
    page.goto(f"{server.url}/admin/")
    page.get_by_label("Email").fill("staff@example.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server.url}/admin/")


def signed_in(page, server):
    """As somebody who has signed in already: two pages less, for tests that are about what comes then."""
    client = Client()
    client.force_login(User.objects.get(email="staff@example.test"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])
