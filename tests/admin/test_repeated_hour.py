"""Wall times in the console on the days on which the clocks change."""

from datetime import UTC, datetime, timedelta

from admin.forms import filled
from admin.pages import text_of
from cast import RIDGE

from providers.models import TimeOff

PAGE = f"/admin/providers/provider/{RIDGE}/change/"


def save(console, **changes):
    """Open the practice's page, change what is named, and save."""
    return console.post(PAGE, filled(console.get(PAGE), **changes))


def test_time_off_in_the_hour_that_the_clocks_repeat_keeps_its_moment(console, provider):
    first = datetime(2099, 11, 1, 7, 30, tzinfo=UTC)  # 1:30 in Denver, and at 8:30 once more
    away = TimeOff.objects.create(provider_id=RIDGE, start=first + timedelta(hours=1), end=first + timedelta(hours=2))

    assert save(console, **{"time_off-0-note": "later"}).status_code == 302
    away.refresh_from_db()
    assert (away.start, away.note) == (first + timedelta(hours=1), "later")

    assert save(console, **{"time_off-0-start": "2099-11-01T01:20"}).status_code == 302
    away.refresh_from_db()
    assert away.start == first - timedelta(minutes=10)

    skipped = {"time_off-0-start": "2099-03-08T02:30", "time_off-0-end": "2099-03-08T05:00"}
    refused = save(console, **skipped)
    assert (refused.status_code, TimeOff.objects.get().start) == (200, first - timedelta(minutes=10))
    assert "2:30 AM does not exist on 2099-03-08 in America/Denver." in text_of(refused)
