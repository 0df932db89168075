"""Searches of the console are bounded: a page is never busy for as long as somebody's words are many."""

import json

import pytest
from admin.pages import numbers_in, text_of
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from findr.console_pages.search import LONGEST_WORD, MOST_WORDS, is_too_much

SEARCHED = sorted((one for one in admin.site._registry.values() if one.search_fields), key=lambda one: str(one.opts))
TOO_MUCH = "This is too much to search for: at most 10 words, each of at most 254 characters. Nothing was searched."


@pytest.mark.parametrize("searched", SEARCHED, ids=lambda one: one.opts.model_name)
def test_no_list_looks_for_too_much(console, searched):
    path = reverse(f"admin:{searched.opts.app_label}_{searched.opts.model_name}_changelist")

    for term in ("a " * 2000, "a " * 11, "b" * 255, '"a"b' * 900, "'" * 3000):
        with CaptureQueriesContext(connection) as statements:
            page = console.get(path, {"q": term})

        assert page.status_code == 200, term[:9]
        assert TOO_MUCH in text_of(page), term[:9]
        assert "Traceback" not in text_of(page), term[:9]
        assert max(len(one["sql"]) for one in statements) < 5000, term[:9]


@pytest.mark.parametrize("searched", SEARCHED, ids=lambda one: one.opts.model_name)
def test_nor_does_any_other_door_to_the_same_search(console, staff, searched):
    request = RequestFactory().get("/admin/autocomplete/")
    request.user = staff.user

    for term in ("a " * 2000, "\0", "c" * 300):
        found, _ = searched.get_search_results(request, searched.get_queryset(request), term)
        assert list(found) == []


def test_suggestions_for_a_field_are_bounded(console, patient):
    asked = {"app_label": "bookings", "model_name": "booking", "field_name": "patient"}

    found = json.loads(console.get("/admin/autocomplete/", {**asked, "term": "pat"}).content)["results"]
    none = json.loads(console.get("/admin/autocomplete/", {**asked, "term": "pat " * 500}).content)["results"]

    assert [one["text"] for one in found] == ["Pat Doe"]
    assert none == []


def test_what_a_person_searches_for_is_found(console, patient):
    booking = patient.has_asked()
    words = f"{booking.number} pat doe example.test ridge physical therapy"

    assert set(numbers_in(console.get("/admin/bookings/booking/", {"q": words}))) == {booking.number}


def test_the_bounds_themselves():
    assert not is_too_much(" ".join(["w" * LONGEST_WORD] * MOST_WORDS))
    assert is_too_much(" ".join(["w"] * (MOST_WORDS + 1)))
    assert is_too_much("w" * (LONGEST_WORD + 1))
    assert not is_too_much("")
