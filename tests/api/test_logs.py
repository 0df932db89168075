"""What is written into the log: one JSON object a line, and nobody's data."""

import json
import logging

import pytest
from django.db import IntegrityError

from findr.accounts.models import User
from findr.logs import JsonFormatter


def line(record):
    return json.loads(JsonFormatter().format(record))


@pytest.mark.lesson(40)
def test_what_the_database_quotes_of_a_row_is_withheld(patient, caplog):
    taken = patient.user.email
    with pytest.raises(IntegrityError) as refused:
        User.objects.create(email=taken, role="patient")
    logger = logging.getLogger("findr")
    logger.error("Could not be written: %s", refused.value)
    logger.error("Could not be written.", exc_info=refused.value)

    told, traced = (line(record) for record in caplog.records[-2:])

    assert taken in str(refused.value)
    assert taken not in json.dumps([told, traced])
    assert "duplicate key value" in told["message"]
    assert "IntegrityError" in traced["traceback"]
