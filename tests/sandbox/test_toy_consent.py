"""The consent page of a vendor added in a test: clicked through, narrowed, denied, and links that are wrong (RFC 6749)."""

from __future__ import annotations

from urllib.request import urlopen

import pytest

from findr.sandbox.oauth.client import NoConsentPage

from .toy_accounts import BACK, exchange, link, me


def test_the_page_names_what_is_asked_and_waits(both):
    with urlopen(link(both), timeout=5) as answer:
        page = answer.read().decode()

    assert "Toy: connect your account" in page
    assert "read your notes" in page
    assert "openid" not in page
    assert both.toy.oauth.grants() == []


def test_somebody_may_allow_less_than_is_asked(both):
    code = both.toy.oauth.allow(link(both), scopes=["notes.write"]).fields["code"]

    tokens = exchange(both, code)[1]

    assert tokens["scope"] == "openid notes.write"
    assert me(both, tokens) == (403, {"fault": "insufficient_scope"})


@pytest.mark.parametrize("how", ["denied", "nothing ticked"])
def test_somebody_may_say_no(both, how):
    back = both.toy.oauth.deny(link(both)) if how == "denied" else both.toy.oauth.allow(link(both), scopes=[])

    assert (back.fields["error"], back.fields["state"]) == ("access_denied", "s&1")
    assert "code" not in back.fields
    assert both.toy.oauth.grants() == []


def test_the_answer_may_come_as_a_posted_form(both):
    back = both.toy.oauth.allow(link(both, response_mode="form_post"))

    assert back.url == BACK
    assert back.fields["state"] == "s&1"
    assert exchange(both, back.fields["code"])[0] == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "notes.read everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
def test_a_wrong_link_goes_back_with_an_error(both, changes, code):
    with pytest.raises(NoConsentPage) as gone:
        both.toy.oauth.allow(link(both, **changes))

    assert str(gone.value).startswith(f"{BACK}&error={code}&")
    assert "state=s%261" in str(gone.value)


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": None}, {"redirect_uri": "https://elsewhere.test/"}],
)
def test_a_link_of_nobody_goes_nowhere(both, changes):
    with pytest.raises(NoConsentPage, match="This link is wrong"):
        both.toy.oauth.allow(link(both, **changes))


def test_a_parameter_given_twice_goes_nowhere(both):
    with pytest.raises(NoConsentPage, match="This link is wrong"):
        both.toy.oauth.allow(link(both) + "&state=other")
