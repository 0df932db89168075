"""What somebody may type behind the address of a console page never breaks the page."""

import pytest
from admin.pages import page_of
from django.contrib import admin
from django.urls import reverse

PAGES = sorted(admin.site._registry.values(), key=lambda one: str(one.opts))


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.opts.model_name)
@pytest.mark.parametrize("kind", ["change", "delete", "history"])
@pytest.mark.parametrize("query", ["_to_field=", "_to_field=pk", "_to_field=%00", "_to_field=id&_popup=", "_popup=1"])
def test_no_page_fails_for_what_it_is_asked(console, page, kind, query):
    path = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_{kind}", args=["1"])

    assert console.get(f"{path}?{query}").status_code in (200, 302, 400, 403, 404)
    assert console.post(f"{path}?{query}", {"_to_field": ""}).status_code in (200, 302, 400, 403, 404, 405)


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.opts.model_name)
def test_no_page_fails_for_a_name_of_its_model(console, page):
    path = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=["1"])
    names = [field.name for field in page.opts.get_fields()]

    answers = {name: console.get(f"{path}?_to_field={name}").status_code for name in names}
    assert {name: status for name, status in answers.items() if status not in (200, 302, 400, 403, 404)} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.opts.model_name)
@pytest.mark.parametrize("how", ["", "__startswith", "__gt", "__isnull", "__regex"])
def test_no_list_is_narrowed_by_what_it_does_not_show(console, page, how):
    """Else whoever may see a list could ask for what stands in no column of it, bit by bit."""
    path = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    names = {one[0] if isinstance(one, tuple) else one for one in page.list_filter}
    hidden = [field.name for field in page.opts.get_fields() if field.name not in names]

    answers = {name: console.get(path, {f"{name}{how}": "a"}).status_code for name in hidden}
    assert {name: status for name, status in answers.items() if status not in (400, 403)} == {}
    shown = {name: console.get(path, {f"{name}{how}": "a"}).status_code for name in names if isinstance(name, str)}
    assert {name: status for name, status in shown.items() if status not in (200, 302, 400, 403)} == {}


def test_a_blank_field_to_be_found_by_is_none(console, patient):
    path = page_of(patient.has_asked())

    assert console.get(f"{path}?_to_field=").status_code == 200
    assert console.get(f"{path}?_to_field=nothing").status_code == 400
