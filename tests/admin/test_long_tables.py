"""What a list of the console counts, and offers to choose from, is bounded however large the tables are."""

from types import SimpleNamespace

from admin.pages import LIST, text_of
from cast import HARBOR
from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from findr.accounts.models import User
from findr.console_pages.bounded_pages import MOST_CHOICES, BoundedPaginator
from providers.models import Provider


class OfThree(BoundedPaginator):
    most = 3


def said(paginator):
    """What stands below the list."""
    page = {"cl": SimpleNamespace(paginator=paginator, result_count=paginator.count, opts=User._meta)}
    return text_of(HttpResponse(render_to_string("unfold/helpers/pagination_default.html", page)))


def test_a_list_is_counted_so_far_and_no_further(stage):
    with CaptureQueriesContext(connection) as statements:
        paginator = OfThree(User.objects.all(), per_page=2)
        assert (paginator.count, paginator.num_pages, paginator.is_cut_short) == (3, 2, True)
    assert len(statements) == 1
    assert "LIMIT 4" in statements[0]["sql"]
    assert said(paginator) == "More than 3 users"

    some = OfThree(User.objects.filter(email__in=["pat@example.test", "sam@example.test"]), per_page=2)
    assert (some.count, some.is_cut_short, said(some)) == (2, False, "2 users")


def test_a_few_practices_are_offered_and_of_many_the_one_that_is_named(console, patient):
    patient.has_asked()
    assert "Harbor" in text_of(console.get(LIST))
    desks = User.objects.bulk_create(User(email=f"desk{n}@example.test", role="provider") for n in range(MOST_CHOICES))
    Provider.objects.bulk_create(
        Provider(account=desk, practice_name=f"Practice {n}", timezone="America/Denver", email=desk.email)
        for n, desk in enumerate(desks)
    )

    everywhere, there = console.get(LIST), console.get(LIST, {"provider__id__exact": str(HARBOR)})
    assert console.get(LIST, {"provider__id__exact": "nobody"}).status_code == 200  # A link that names none at all.

    assert "Harbor" not in text_of(everywhere)
    assert "Practice 7" not in text_of(everywhere)
    assert "Harbor" in text_of(there)
    assert "Practice 7" not in text_of(there)
