"""Tokens of a vendor added in a test: code and PKCE, refresh, rotation, revocation, a killed token (RFC 6749, 7636, 7009)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from findr.sandbox.client import ControlRefused, SandboxClient
from findr.sandbox.process import start_sandbox

from .toy_accounts import BASIC, SECRET, allowed, connected, exchange, link, me, refresh, send
from .toy_client import TOY
from .toy_vendor import Toy


def test_the_way_from_the_page_to_the_api(both):
    back = both.toy.oauth.allow(link(both, login_hint="pat@example.test"))
    status, tokens = exchange(both, back.fields["code"])

    assert (back.url, back.fields["from"], back.fields["state"]) == ("http://127.0.0.1:3001/connected", "toy", "s&1")
    assert (status, tokens["token_type"], tokens["expires_in"]) == (200, "Bearer", 3600)
    assert tokens["scope"] == "openid notes.read notes.write"
    assert tokens["account"] == "pat@example.test"
    assert me(both, tokens) == (200, {"account": "pat@example.test", "self": f"{both.toy.base_url}/v1/me"})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": None}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:3001/connected"}, "invalid_grant"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": "v" * 42}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "other"}, "invalid_request"),
        ({"client_secret": "toy-secret"}, "invalid_request"),
    ],
)
def test_a_wrong_exchange_gets_no_token(both, changes, code):
    good = allowed(both)
    given = {"code": good, **changes}

    refused = exchange(both, **given)

    assert refused == (400, {"error": code, "error_description": refused[1]["error_description"]})
    assert exchange(both, good)[0] == 200


@pytest.mark.parametrize(
    "form", [{}, {**SECRET, "client_secret": "guess"}, {**SECRET, "client_secret": ""}, {"client_id": "x"}]
)
def test_only_who_knows_the_secret_is_the_client(both, form):
    refused = exchange(both, allowed(both), headers={}, **form)

    assert (refused[0], refused[1]["error"]) == (401, "invalid_client")


def test_a_code_is_the_clients_it_was_given_to(both):
    form = {"client_id": "other", "client_secret": "other-secret"}

    assert exchange(both, allowed(both), headers={}, **form)[1]["error"] == "invalid_grant"


def test_a_code_used_twice_ends_what_came_of_it(both):
    code = allowed(both)
    tokens = exchange(both, code)[1]

    again = exchange(both, code)

    assert (again[0], again[1]["error"]) == (400, "invalid_grant")
    assert me(both, tokens) == (401, {"fault": "invalid_token"})
    assert refresh(both, tokens["refresh_token"])[1]["error"] == "invalid_grant"


def test_of_many_at_once_one_gets_the_token(both):
    code = allowed(both)

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for status, _ in pool.map(lambda _: exchange(both, code), range(8))]

    assert sorted(statuses) == [200] + [400] * 7


def test_a_code_is_good_for_ten_minutes_of_the_sandboxs_clock(both):
    code = allowed(both)
    both.move_clock(601)

    assert exchange(both, code)[1]["error"] == "invalid_grant"


def test_an_access_token_ends_and_is_refreshed(both):
    tokens = connected(both)
    both.move_clock(3601)
    old = me(both, tokens)

    status, fresh = refresh(both, tokens["refresh_token"])

    assert old == (401, {"fault": "invalid_token"})
    assert (status, fresh["scope"]) == (200, tokens["scope"])
    assert me(both, fresh)[0] == 200


def test_a_refresh_may_ask_for_less_and_never_for_more(both):
    tokens = connected(both, scope="notes.read")

    more = refresh(both, tokens["refresh_token"], scope="notes.read notes.write")
    less = refresh(both, connected(both)["refresh_token"], scope="notes.write")[1]

    assert (more[0], more[1]["error"]) == (400, "invalid_scope")
    assert less["scope"] == "notes.write"
    assert me(both, less) == (403, {"fault": "insufficient_scope"})


def test_a_refresh_token_rotates_and_the_old_one_is_dead(both):
    tokens = connected(both)

    fresh = refresh(both, tokens["refresh_token"])[1]

    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert refresh(both, tokens["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh(both, fresh["refresh_token"])[0] == 200


def test_who_does_not_ask_for_it_gets_no_refresh_token(both):
    assert "refresh_token" not in connected(both, access_type=None)


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_a_revoked_token_ends_the_whole_grant(both, which):
    tokens, others = connected(both), connected(both)

    revoked = send(both, "/oauth/revoke", {"token": tokens[which], **SECRET})

    assert revoked == (200, {})
    assert me(both, tokens)[0] == 401
    assert refresh(both, tokens["refresh_token"])[1]["error"] == "invalid_grant"
    assert me(both, others)[0] == 200


def test_nobody_revokes_what_is_not_theirs(both):
    tokens = connected(both)
    stranger = {"client_id": "other", "client_secret": "other-secret"}

    assert (
        send(both, "/oauth/revoke", {"token": tokens["access_token"], **stranger})[1]["error"] == "unauthorized_client"
    )
    assert send(both, "/oauth/revoke", {"token": tokens["access_token"]})[1]["error"] == "invalid_client"
    assert send(both, "/oauth/revoke", SECRET)[1]["error"] == "invalid_request"
    assert send(both, "/oauth/revoke", {"token": "unknown", **SECRET}) == (200, {})
    assert me(both, tokens)[0] == 200


@pytest.mark.parametrize(("only_refresh", "status"), [(True, 200), (False, 401)])
def test_a_killed_refresh_token_is_an_invalid_grant(both, only_refresh, status):
    tokens, sams = connected(both), exchange(both, allowed(both, "sam@example.test"))[1]

    both.toy.oauth.kill("pat@example.test", only_refresh=only_refresh)

    assert refresh(both, tokens["refresh_token"])[1]["error"] == "invalid_grant"
    assert me(both, tokens)[0] == status
    assert refresh(both, sams["refresh_token"])[0] == 200
    with pytest.raises(ControlRefused, match="Nobody of this account"):
        both.toy.oauth.kill("nobody@example.test")


def test_a_body_that_is_no_form_and_a_field_given_twice_are_refused(both):
    sent = Request(both.toy.base_url + "/common/oauth/token", b"{}", {"Content-Type": "application/json", **BASIC})
    with pytest.raises(HTTPError) as refused:
        urlopen(sent, timeout=5)
    with refused.value as answer:
        assert json.load(answer)["error"] == "invalid_request"
        assert answer.headers["Cache-Control"] == "no-store"

    code = allowed(both)
    twice = [("grant_type", "authorization_code"), ("code", code), ("code", code)]
    assert send(both, "/common/oauth/token", twice, **BASIC)[1]["error"] == "invalid_request"


def test_tokens_survive_a_restart(tmp_path):
    with start_sandbox(tmp_path, vendors=[TOY]) as base_url:
        tokens = connected(SandboxClient(base_url, vendors=[Toy]))

    with start_sandbox(tmp_path, vendors=[TOY]) as base_url:
        client = SandboxClient(base_url, vendors=[Toy])
        assert me(client, tokens)[0] == 200
        assert refresh(client, tokens["refresh_token"])[0] == 200


def test_the_issuer_misbehaves_as_everything_does(both):
    both.toy.misbehave({"path": "/*/oauth/token", "action": "status", "status": 503, "code": "later"})
    code = allowed(both)

    assert exchange(both, code) == (503, {"fault": "later"})
    assert exchange(both, code)[0] == 200
