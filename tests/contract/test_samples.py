"""The contract's samples against the running server, over real HTTP."""

import json
from pathlib import Path

import pytest
from contract import situations_accounts, situations_patients, situations_providers  # noqa: F401 - they fill SITUATIONS
from contract.over_http import Wire
from contract.scene import MOMENT, SITUATIONS, Scene
from contract.shapes import Comparison

HERE = Path(__file__).parent / "samples"
ORIGINALS = Path(__file__).resolve().parents[3] / "shared" / "contract-samples"
SAMPLES = {path.name[:3]: json.loads(path.read_text()) for path in sorted(HERE.glob("*.json"))}
COVERED = {
    *("110", "111", "112", "113", "114", "115", "210", "214", "220", "221", "222", "223", "224"),
    *("240", "241", "242", "243", "244"),
}
# Answers that later steps bring: a reservation, idempotency keys.
LATER = {("214", 9), ("214", 10), ("214", 11)}
# The sample stands where no service leads yet (suggestions): keys and types only.
SHAPE_ONLY = {("220", 0), ("222", 0), ("223", 0), ("224", 0), ("241", 0)}
ANSWERS = [
    (number, position)
    for number, sample in SAMPLES.items()
    for position in range(len(sample["responses"]))
    if (number, position) not in LATER
]
# Words in which the situation is not the sample's: the sandbox refuses a capture for another reason.
OURS = {"243": {"declineCode"}}


@pytest.fixture
def scene(live_server, patient, other_patient, provider, other_provider, staff, sandbox, time, settings):
    time.set(MOMENT)
    return Scene(
        Wire(live_server.url), patient, other_patient, provider, other_provider, staff, sandbox, time, settings
    )


@pytest.mark.parametrize(("number", "position"), ANSWERS, ids=[f"{number}-{position}" for number, position in ANSWERS])
def test_the_server_answers_like_the_sample(number, position, scene):
    sample = SAMPLES[number]["responses"][position]
    comparison = Comparison(
        same_situation=(number, position) not in SHAPE_ONLY, free=frozenset(OURS.get(number, set()))
    )

    reply = SITUATIONS[number, position](scene)

    assert reply.status == sample["status"], reply.text
    assert reply.headers["Content-Type"] == "application/json"
    assert comparison.differences(sample["body"], reply.body) == []
    assert reply.headers.get("Retry-After") == _retry_after(reply.body)
    assert reply.headers["X-Request-ID"]


def _retry_after(body):
    return str(body["retryAfter"]) if "retryAfter" in body else None


def test_a_defect_of_ours_leaks_nothing(scene):
    reply = SITUATIONS["214", 14](scene)

    assert reply.status == 500
    assert reply.body == {
        "success": False,
        "error": "Failed to create booking",
        "message": "Failed to create booking",
        "code": "internal_error",
    }
    assert "secret" not in reply.text + str(reply.headers)


def test_every_answer_of_every_sample_is_played():
    assert set(SAMPLES) == COVERED
    assert set(SITUATIONS) == set(ANSWERS)


def test_our_samples_are_the_contracts_own():
    originals = {path.name: path.read_text() for path in ORIGINALS.glob("*.json") if path.name[:3] in COVERED}
    copies = {path.name: path.read_text() for path in HERE.glob("*.json")}

    assert {name[:3] for name in copies} == COVERED
    assert originals in ({}, copies)
