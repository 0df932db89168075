"""How issuers of different vendors differ: what rotates, what can be unticked, who may revoke."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Request, json_answer
from findr.sandbox.ledger import Ledger
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.oauth.settings import IssuerSettings, Rotation
from findr.sandbox.vendor import Context

FORM = {"content-type": "application/x-www-form-urlencoded"}
BACK = "http://127.0.0.1:3001/connected"
SECRET = {"client_id": "findr", "client_secret": "s"}
PLAIN = IssuerSettings(
    title="Plain",
    authorize_path="authorize",
    token_path="token",
    revoke_path="revoke",
    clients={"findr": "s"},
    scopes={"read": "read", "write": "write"},
    requires_pkce=False,
)


def issuer(**changes):
    return Issuer(replace(PLAIN, **changes), Context(Ledger().of("plain", {}), Clock()))


def post(asked, path, form, query=""):
    """Status and content."""
    answer = asked.answer(Request("POST", f"/{path}", query, FORM, urlencode(form).encode()))
    return answer.status, json.loads(answer.body)


def allow(asked, scopes=("read", "write")):
    """What the browser comes back with."""
    query = urlencode(
        {"client_id": "findr", "redirect_uri": BACK, "response_type": "code", "scope": "read write", "state": "1"}
    )
    form = urlencode([("outcome", "allow"), ("account", "pat"), *(("scope", scope) for scope in scopes)])
    answer = asked.answer(Request("POST", "/authorize", query, FORM, form.encode()))
    return {name: value for name, (value,) in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def tokens(asked):
    code = allow(asked)["code"]
    return post(asked, "token", {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **SECRET})[1]


def refresh(asked, token):
    return post(asked, "token", {"grant_type": "refresh_token", "refresh_token": token, **SECRET})


@pytest.mark.parametrize(
    ("rotation", "comes_along", "old_lives"),
    [(Rotation.NEVER, False, True), (Rotation.KEEPS_OLD, True, True), (Rotation.RETIRES_OLD, True, False)],
)
def test_what_a_refresh_does_to_the_refresh_token(rotation, comes_along, old_lives):
    asked = issuer(rotation=rotation)
    old = tokens(asked)["refresh_token"]

    fresh = refresh(asked, old)[1]

    assert ("refresh_token" in fresh) is comes_along
    assert refresh(asked, old)[0] == (200 if old_lives else 400)
    assert refresh(asked, fresh.get("refresh_token", old))[0] == 200


def test_without_pkce_a_verifier_nobody_announced_is_refused():
    asked = issuer()
    form = {"grant_type": "authorization_code", "code": allow(asked)["code"], "redirect_uri": BACK, **SECRET}

    assert post(asked, "token", {**form, "code_verifier": "v" * 43})[1]["error"] == "invalid_grant"
    assert post(asked, "token", form)[0] == 200


@pytest.mark.parametrize(("granular", "code"), [(True, None), (False, "access_denied")])
def test_whether_single_scopes_can_be_unticked(granular, code):
    back = allow(issuer(granular=granular), scopes=["read"])

    assert back.get("error") == code


def test_a_page_of_all_or_nothing_has_no_boxes():
    query = urlencode({"client_id": "findr", "redirect_uri": BACK, "response_type": "code", "scope": "read"})

    page = issuer(granular=False).answer(Request("GET", "/authorize", query, {}, b"")).body

    assert b"checkbox" not in page
    assert b'type="hidden" name="scope" value="read"' in page


def test_who_may_revoke_without_a_secret_and_in_the_query():
    """As Google's: the token alone is enough."""
    asked = issuer(revoking_needs_secret=False)
    made = tokens(asked)

    assert post(asked, "revoke", {}, query=f"token={made['refresh_token']}")[0] == 200
    assert refresh(asked, made["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_vendor_without_revocation_serves_none():
    """As Microsoft: there is no such endpoint."""
    request = Request("POST", "/revoke", "", FORM, b"token=x")

    assert issuer(revoke_path=None).answer(request) is None


def test_who_holds_a_refresh_token_gets_another_only_by_asking_for_it_where_that_is_so():
    """As Google's, with prompt=consent."""
    asked = issuer(offline_again=lambda wanted: "prompt" in wanted)
    first = tokens(asked)

    assert "refresh_token" in first
    assert "refresh_token" not in tokens(asked)
    asked.store.kill(asked.store.grants()[0], "killed")
    assert "refresh_token" in tokens(asked)


@pytest.mark.parametrize(("known_only", "said"), [(False, (200, None)), (True, (400, "invalid_token"))])
def test_revoking_a_token_that_nobody_knows(known_only, said):
    status, answer = post(issuer(revokes_known_only=known_only), "revoke", {"token": "unknown", **SECRET})

    assert (status, answer.get("error")) == said


def test_access_tokens_expire_on_demand_and_refreshes_are_counted():
    asked = issuer()
    made = tokens(asked)
    bearer = Request("GET", "/", "", {"authorization": f"Bearer {made['access_token']}"}, b"")
    assert asked.grant_of(bearer, any_of=["read", "other"])["refreshes"] == 0

    assert asked.tokens.expire(asked.store.grants()) == 1

    with pytest.raises(OAuthError, match="too old"):
        asked.grant_of(bearer)
    assert asked.account_of(bearer) == "pat"
    refresh(asked, made["refresh_token"])
    assert asked.store.grants()[0]["refreshes"] == 1


def test_a_call_needs_all_of_some_scopes_or_any_of_others():
    asked = issuer()
    bearer = Request("GET", "/", "", {"authorization": f"Bearer {tokens(asked)['access_token']}"}, b"")

    assert asked.grant_of(bearer, ["read", "write"])
    for needs, any_of in ((["read", "other"], []), ([], ["other"])):
        with pytest.raises(OAuthError) as refused:
            asked.grant_of(bearer, needs, any_of)
        assert refused.value.code == "insufficient_scope"


def test_a_vendor_renders_its_own_errors():
    asked = issuer(render=lambda error: json_answer(400, {"error": error.code, "suberror": "bad_token"}))

    assert refresh(asked, "unknown") == (400, {"error": "invalid_grant", "suberror": "bad_token"})
