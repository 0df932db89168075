"""How long a practice's list is, so that nobody has to count it (selectors/lists.py)."""

import pgtrigger
from django.db import models

from providers.models import Provider

# Who writes rows without the other guards (`session_replication_role`) makes lists longer as well: the migration has these fire
# always, and so must each that makes one of them anew.
_ADD = """
    IF EXISTS (SELECT FROM added WHERE secured_at IS NOT NULL) THEN
        INSERT INTO bookings_practicecount (provider_id, bookings)
        SELECT provider_id, count(*) FROM added WHERE secured_at IS NOT NULL GROUP BY provider_id ORDER BY provider_id
        ON CONFLICT (provider_id) DO UPDATE SET bookings = bookings_practicecount.bookings + EXCLUDED.bookings;
    END IF;
    RETURN NULL;
"""
_REMOVE = """
    UPDATE bookings_practicecount c SET bookings = c.bookings - gone.bookings
    FROM (SELECT provider_id, count(*) AS bookings FROM removed WHERE secured_at IS NOT NULL GROUP BY provider_id) gone
    WHERE c.provider_id = gone.provider_id;
    RETURN NULL;
"""
_MOVE = """
    IF OLD.secured_at IS NOT NULL THEN
        UPDATE bookings_practicecount SET bookings = bookings - 1 WHERE provider_id = OLD.provider_id;
    END IF;
    IF NEW.secured_at IS NOT NULL THEN
        INSERT INTO bookings_practicecount (provider_id, bookings) VALUES (NEW.provider_id, 1)
        ON CONFLICT (provider_id) DO UPDATE SET bookings = bookings_practicecount.bookings + 1;
    END IF;
    RETURN NULL;
"""


class PracticeCount(models.Model):
    """How many bookings a practice may see: those that were ever secured. Written by the triggers of their table alone.

    No row: none so far. Whoever changes it keeps it locked until the commit, so a booking that becomes secured changes it as the
    last thing of its transaction. Who makes very many of one practice secured by hand does so by the thousand: each is a change of
    this row. TRUNCATE, and a booking that is secured and deleted in one transaction, are not counted; no service does either.
    """

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, primary_key=True, related_name="+")
    bookings = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.bookings}"


def counting_triggers() -> list[pgtrigger.Trigger]:
    """Of the table of bookings: a row that comes, goes, or becomes secured."""
    return [
        pgtrigger.Trigger(
            name="counted_on_insert",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="added"),  # type: ignore[no-untyped-call]
            func=_ADD,
        ),
        pgtrigger.Trigger(
            name="counted_on_delete",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            referencing=pgtrigger.Referencing(old="removed"),  # type: ignore[no-untyped-call]
            func=_REMOVE,
        ),
        pgtrigger.Trigger(
            name="counted_on_update",
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            timing=pgtrigger.Deferred,
            condition=pgtrigger.Condition(
                "((OLD.secured_at IS NULL) <> (NEW.secured_at IS NULL) OR OLD.provider_id <> NEW.provider_id)"
            ),
            func=_MOVE,
        ),
    ]
