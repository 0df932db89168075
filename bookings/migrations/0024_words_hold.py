"""Whether the rows that stand have these words; while everybody goes on working."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bookings", "0023_words_as_an_array")]

    operations = [
        ValidateConstraint("booking", "booking_state_known"),
        ValidateConstraint("booking", "booking_type_known"),
        ValidateConstraint("booking", "booking_deadline_while_waiting"),
        ValidateConstraint("payment", "payment_state_known"),
        ValidateConstraint("paymentoperation", "operation_kind_known"),
        ValidateConstraint("paymentoperation", "operation_state_known"),
        ValidateConstraint("paymentoperation", "operation_reason_known"),
    ]
