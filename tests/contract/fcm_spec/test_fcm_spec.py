"""FCM's sandbox and its discovery document, both ways: what the one takes the other knows, and what it refuses too."""

import json
import re
from pathlib import Path

import pytest
from contract.discovery import document, json_schema, methods_of, problems_in
from fcm_door import access_token, post

from findr.sandbox.fcm.messages import BODY
from findr.sandbox.fcm.service_account import SCOPES
from findr.sandbox.fcm.values import Group, camel_cased
from findr.sandbox.fcm.vendor import OPERATIONS

DOCUMENT = document("fcm.v1")
SEND = methods_of(DOCUMENT)["projects.messages.send"]
DEFINITIONS = {name: json_schema(schema) for name, schema in DOCUMENT["schemas"].items()}
REQUEST, ANSWER = (f"#/defs/{SEND[part]['$ref']}" for part in ("request", "response"))
SAMPLES = Path(__file__).parents[3] / "docs" / "contract-samples"
SAMPLE = json.loads((SAMPLES / "412_push_message.json").read_text())["request"]
MESSAGE = {"token": "phone-of-pat:0001"}


@pytest.fixture(scope="module")
def token(sandbox_process):
    sandbox_process.reset()
    return access_token(sandbox_process.fcm)


def as_documented(body):
    """A body with the documentation's names and words: ``collapse_key`` and ``high`` are the schema's too."""
    if isinstance(body, list):
        return [as_documented(one) for one in body]
    if not isinstance(body, dict):
        return body
    kept = {name: body[name] for name in ("data", "headers", "payload") if name in body}
    renamed = camel_cased({name: as_documented(one) for name, one in body.items() if name not in kept}) | kept
    if isinstance(renamed.get("priority"), str):
        renamed["priority"] = renamed["priority"].upper()
    return renamed


def problems(body, reference=REQUEST):
    return problems_in(body, {"$ref": reference}, DEFINITIONS)


def fields_of(group, schema, at=""):
    """Every field that the sandbox takes, and whether the document knows it."""
    for name, check in group.checks.items():
        known = schema.get("properties", {}).get(name)
        yield f"{at}{name}", known is not None
        if isinstance(check, Group) and known is not None:
            yield from fields_of(check, DEFINITIONS[known["$ref"].removeprefix("#/defs/")], f"{at}{name}.")


def test_every_field_that_is_taken_is_in_the_document():
    fields = dict(fields_of(BODY, DEFINITIONS["SendMessageRequest"]))

    assert [name for name, is_known in fields.items() if not is_known] == []
    assert {"message.token", "message.fid", "message.android.collapseKey", "message.apns.payload"} <= fields.keys()


def test_the_path_the_scopes_and_the_device_are_the_documents():
    path = re.sub(r"\{\w+\}", "{}", SEND["flatPath"])

    assert OPERATIONS[SEND["httpMethod"], path] == SEND["id"].removeprefix("fcm.projects.")
    assert set(SEND["scopes"]) == SCOPES
    # For as long as it is only deprecated, tokens are sent as tokens (notifications/push/fcm.py).
    assert DOCUMENT["schemas"]["Message"]["properties"]["token"]["deprecated"] is True


def test_the_contracts_push_is_as_documented_and_is_answered_as_documented(sandbox_process, token):
    status, answer, _ = post(sandbox_process.fcm, SAMPLE, token)

    assert (status, problems(as_documented(SAMPLE)), problems(answer, ANSWER)) == (200, [], [])
    assert re.fullmatch(r"projects/[^/]+/messages/[^/]+", answer["name"])


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"token": 7},
        {"data": {"n": 1}},
        {"data": ["type"]},
        {"notification": "Booking Confirmed"},
        {"notification": {"title": 7}},
        {"notification": {"text": "x"}},
        {"android": {"ttl": "a day"}},
        {"android": {"ttl": 86400}},
        {"android": {"priority": "urgent"}},
        {"android": {"collapse_id": "x"}},
        {"android": {"notification": {"channel": "x"}}},
        {"apns": {"headers": {"apns-priority": 10}}},
        {"apns": {"payload": "aps"}},
        {"apns": {"badge": 1}},
        {"fcmOptions": {"label": "x"}},
    ],
    ids=json.dumps,
)
def test_what_the_document_refuses_the_sandbox_refuses(sandbox_process, token, change):
    body = {"message": {**MESSAGE, **change}}

    status, answer, _ = post(sandbox_process.fcm, body, token)

    assert problems(as_documented(body)) != []
    assert (status, answer["error"]["code"], answer["error"]["status"]) == (400, 400, "INVALID_ARGUMENT")


def test_the_checks_themselves_find_what_is_wrong():
    """The negative control: the same message, unchanged, passes."""
    assert problems(as_documented({"message": MESSAGE})) == []
    assert problems({"message": {"topic": "x", "android_config": {}}, "dryRun": True}) != []
    assert problems({"name": 7}, ANSWER) == ["$.name: 7 is not of type 'string'"]
