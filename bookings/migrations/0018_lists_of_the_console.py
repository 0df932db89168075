"""The console's lists stand in the order of an index: it shows the latest of millions."""

from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bookings", "0017_history_by_age")]

    operations = [
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(fields=["start"], name="booking_by_start"),
        ),
        AddIndexWhileServing(
            model_name="paymentoperation",
            index=models.Index(fields=["created_at"], name="operation_by_age"),
        ),
        AddIndexWhileServing(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("disputed_at__isnull", False)), fields=["disputed_at"], name="payment_disputed"
            ),
        ),
        AddIndexWhileServing(
            model_name="stripeevent",
            index=models.Index(fields=["received_at"], name="event_received"),
        ),
    ]
