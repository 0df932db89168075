"""What somebody may type behind the address of a console page never breaks the page."""

from itertools import product

import pytest
from admin.pages import page_of
from django.contrib import admin
from django.urls import reverse
from drawing import drawn

PAGES = sorted(admin.site._registry.values(), key=lambda one: str(one.opts))


EACH_PAGE = pytest.mark.parametrize("page", drawn(PAGES), ids=lambda one: one.opts.model_name)
KINDS = ("change", "delete", "history")
QUERIES = ("_to_field=", "_to_field=pk", "_to_field=%00", "_to_field=id&_popup=", "_popup=1")
NARROWED = ("", "__startswith", "__gt", "__isnull", "__regex")


@EACH_PAGE
def test_no_page_fails_for_what_it_is_asked(console, page):
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    paths = [f"{reverse(f'{name}_{kind}', args=['1'])}?{query}" for kind, query in product(KINDS, QUERIES)]

    read = {path: console.get(path).status_code for path in paths}
    sent = {path: console.post(path, {"_to_field": ""}).status_code for path in paths}

    assert {path: status for path, status in read.items() if status not in (200, 302, 400, 403, 404)} == {}
    assert {path: status for path, status in sent.items() if status not in (200, 302, 400, 403, 404, 405)} == {}


@EACH_PAGE
def test_no_page_fails_for_a_name_of_its_model(console, page):
    path = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=["1"])
    names = [field.name for field in page.opts.get_fields()]

    answers = {name: console.get(f"{path}?_to_field={name}").status_code for name in names}
    assert {name: status for name, status in answers.items() if status not in (200, 302, 400, 403, 404)} == {}


@EACH_PAGE
def test_no_list_is_narrowed_by_what_it_does_not_show(console, page):
    """Else whoever may see a list could ask for what stands in no column of it, bit by bit."""
    path = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    names = {one[0] if isinstance(one, tuple) else one for one in page.list_filter}
    hidden = [field.name for field in page.opts.get_fields() if field.name not in names]

    def answers_to(fields):
        asked = [f"{name}{how}" for name, how in drawn(product(fields, NARROWED))]
        return {one: console.get(path, {one: "a"}).status_code for one in asked}

    shown = answers_to(sorted(name for name in names if isinstance(name, str)))
    assert {one: status for one, status in answers_to(hidden).items() if status not in (400, 403)} == {}
    assert {one: status for one, status in shown.items() if status not in (200, 302, 400, 403)} == {}


def test_a_blank_field_to_be_found_by_is_none(console, patient):
    path = page_of(patient.has_asked())

    assert console.get(f"{path}?_to_field=").status_code == 200
    assert console.get(f"{path}?_to_field=nothing").status_code == 400
