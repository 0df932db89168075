"""Whether accounts still stand behind their tokens, asked of many at once: the same answers as one at a time."""

from dataclasses import replace
from uuid import uuid4

from findr.accounts.authentication import refuse_revoked, revoked_among
from findr.api.tokens import verify
from findr.errors import Unauthorized


def is_refused(claims):
    try:
        refuse_revoked(claims)
    except Unauthorized:
        return True
    return False


def test_tokens_are_revoked_together_as_they_are_alone(patient, other_patient, provider, other_provider, staff):
    good = [verify(person.token) for person in (patient, provider, staff)]
    signed_out, disabled = verify(other_patient.token), verify(other_provider.token)
    other_patient.user.token_generation += 1
    other_patient.user.save()
    other_provider.user.is_active = False
    other_provider.user.save()
    of_another = [
        replace(claims, identity=replace(claims.identity, **change))
        for claims in good
        for change in ({"user_id": uuid4()}, {"kind": "staff" if claims.identity.kind != "staff" else "patient"})
    ]
    of_another.append(replace(good[1], identity=replace(good[1].identity, provider_id=other_provider.id)))
    tokens = [*good, signed_out, disabled, *of_another]

    revoked = revoked_among(tokens)

    assert [claims in revoked for claims in tokens] == [is_refused(claims) for claims in tokens]
    assert [claims for claims in tokens if claims not in revoked] == good
