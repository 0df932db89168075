"""What is old is deleted a part at a time."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from findr.deleting import delete_in_parts
from findr.models import IdempotencyKey


def test_rows_are_deleted_so_many_at_once_and_others_stay(stage):
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(identity="somebody", key=f"{n}", method="POST", path="/", claimed_until="2026-01-01T00:00Z")
        for n in range(6)
    )
    old = IdempotencyKey.objects.exclude(key="5")

    with CaptureQueriesContext(connection) as statements:
        assert delete_in_parts(old, size=2) == 5

    assert len([one for one in statements if one["sql"].startswith("DELETE")]) == 3
    assert [row.key for row in IdempotencyKey.objects.all()] == ["5"]
    assert delete_in_parts(old, size=2) == 0
