"""The card holder authenticates on the vendor's page, and findr learns of it by webhook."""

import re

import pytest
from cast import booking_of, fresh, run_jobs
from django.conf import settings


@pytest.mark.lesson(14)
@pytest.mark.parametrize(
    ("button", "said", "after"),
    [
        ("Complete authentication", "Authentication complete", ("pending_confirmation", "held")),
        ("Fail authentication", "Authentication failed", ("payment_failed", "failed")),
    ],
)
def test_a_card_holder_authenticates(page, picture, live_server, patient, sandbox, button, said, after):
    sandbox.stripe.webhooks.send_to(f"{live_server.url}/api/payments/webhook", settings.STRIPE_WEBHOOK_SECRET)
    asked = patient.asks(paymentMethodId="pm_card_authenticationRequired")
    booking = booking_of(asked)
    assert (asked.body["requiresAction"], booking.state) == (True, "pending_payment")

    page.goto(sandbox.stripe.authentication_url(booking.payment.intent_id))
    picture("3d-secure")
    page.get_by_role("button", name=button).click()
    page.get_by_text(re.compile(said)).first.wait_for()
    picture("3d-secure-done")
    sandbox.stripe.webhooks.settle()
    run_jobs()

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == after
    assert ended.payment.intent_id == booking.payment.intent_id
