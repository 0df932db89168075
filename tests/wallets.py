"""A patient's saved cards, as the app asks for them."""

SETUP, METHODS = "/api/payments/setup-intent", "/api/payments/methods"
UNAVAILABLE = (503, "payment_unavailable", "Payments are temporarily unavailable")


def saves(person, sandbox, card="pm_card_visa"):
    """The person saves a card with the app; its id."""
    answer = person.post(SETUP)
    assert answer.status == 200, answer.body
    setup = answer.body["clientSecret"].split("_secret_")[0]
    done = sandbox.stripe.confirm(setup, payment_method=card)
    assert done["status"] == "succeeded"
    return done["payment_method"]


def cards(person):
    answer = person.get(METHODS)
    assert answer.status == 200
    return [(method["id"], method["isDefault"]) for method in answer.body["methods"]], answer.body["defaultMethodId"]
