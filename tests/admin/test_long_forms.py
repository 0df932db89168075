"""Forms that say they have more rows than anybody fills in."""

from admin.forms import filled
from cast import RIDGE

from providers.models import Service

PAGE = f"/admin/providers/provider/{RIDGE}/change/"


def test_a_form_that_says_it_has_a_thousand_rows_is_told_no_before_they_are_made(console, provider):
    """Found by generated requests: a process was busy for a minute with one page."""
    tables = ("services", "team_members", "opening_hours", "time_off")
    answer = console.post(PAGE, filled(console.get(PAGE), **{f"{table}-TOTAL_FORMS": "1000" for table in tables}))

    made = [len(table.formset.forms) for table in answer.context_data["inline_admin_formsets"]]
    assert (answer.status_code, made) == (200, [60] * 4)
    told = [str(table.formset.non_form_errors()) for table in answer.context_data["inline_admin_formsets"]]
    assert ["at most" in errors for errors in told] == [True] * 4
    assert "Please submit at most 60 forms." in answer.content.decode()
    assert Service.objects.filter(provider_id=RIDGE).count() == 3
