"""The AsyncAPI document in `docs/`: made from the tables, and true of what is sent."""

import json
from pathlib import Path

import jsonschema
import pytest

from bookings.effects import EFFECTS
from bookings.management.live_document import BESIDE_CHANGES, CLOSE_CODES, PATIENT_DATA, PROVIDER_DATA, document
from notifications.realtime.wire import CloseCode

DOCS = Path(__file__).resolve().parents[2] / "docs"
MESSAGES = document()["components"]["messages"]


def test_the_document_is_what_the_tables_say():
    """`manage.py draw_live_feed > docs/live-feed.asyncapi.json`."""
    assert json.loads((DOCS / "live-feed.asyncapi.json").read_text()) == document()
    to_patients = {owed.patient_frame for owed in EFFECTS.values()} - {None}
    to_practices = {owed.provider_frame for owed in EFFECTS.values()} - {None}
    assert to_patients <= set(PATIENT_DATA)
    assert to_practices <= set(PROVIDER_DATA)
    assert {*PATIENT_DATA, *PROVIDER_DATA} - to_patients - to_practices <= set(BESIDE_CHANGES)
    assert set(CLOSE_CODES) == set(CloseCode)


@pytest.mark.parametrize("name", ["510_ws_handshake", "511_ws_patient_events", "512_ws_provider_events"])
def test_the_contracts_samples_fit_it(name):
    sample = json.loads((DOCS / f"contract-samples/{name}.json").read_text())

    for frame in [*sample["server_to_client"], *sample["client_to_server"]]:
        jsonschema.validate(frame, MESSAGES[frame["type"]]["payload"])
