"""Saving a page of the console as a browser does, and what must stay as it was when it is refused."""

from admin.forms import filled
from admin.pages import text_of
from cast import RIDGE
from django.contrib.auth.models import Group

from findr.accounts.models import User
from providers.models import OpeningHours, Provider, Service, TeamMember, TimeOff

PRACTICE = f"/admin/providers/provider/{RIDGE}/change/"
SINCE = "This has changed since the page was opened:"


def save(client, path, **changes):
    answer = client.post(path, filled(client.get(path), **changes))
    assert answer.status_code == 302, text_of(answer)


def stored():
    tables = (Provider, Service, TeamMember, OpeningHours, TimeOff, User, Group)
    return [list(table.objects.order_by("pk").values()) for table in tables]
