"""How the answers of samples 310 to 313 come about."""

from contract.scene import situation

SETUP, METHODS = "/api/payments/setup-intent", "/api/payments/methods"


def _setup(scene):
    return scene.wire.send("POST", SETUP, who=scene.patient)


def _saved(scene, who=None):
    """The app saves a card; its id."""
    reply = scene.wire.send("POST", SETUP, who=who or scene.patient)
    assert reply.status == 200, reply.text
    setup = reply.body["clientSecret"].partition("_secret_")[0]
    return scene.sandbox.stripe.confirm(setup, payment_method="pm_card_visa")["payment_method"]


def _remove(scene, method):
    return scene.wire.send("DELETE", f"{METHODS}/{method}", who=scene.patient)


def _prefer(scene, method):
    return scene.wire.send("POST", f"{METHODS}/{method}/default", who=scene.patient)


def _out(scene):
    scene.sandbox.misbehave({"action": "status", "status": 500, "times": None})


@situation("310", 0)
def setup(scene):
    return _setup(scene)


@situation("310", 1)
def setup_in_an_outage(scene):
    _out(scene)
    return _setup(scene)


@situation("311", 0)
def one_card(scene):
    assert _prefer(scene, _saved(scene)).status == 200
    return scene.wire.send("GET", METHODS, who=scene.patient)


@situation("311", 1)
def no_card(scene):
    return scene.wire.send("GET", METHODS, who=scene.patient)


@situation("311", 2)
def cards_in_an_outage(scene):
    _saved(scene)
    _out(scene)
    return scene.wire.send("GET", METHODS, who=scene.patient)


@situation("312", 0)
def removed(scene):
    return _remove(scene, _saved(scene))


@situation("312", 1)
def removed_somebody_elses(scene):
    _saved(scene)
    return _remove(scene, _saved(scene, who=scene.other_patient))


@situation("312", 2)
def removed_in_an_outage(scene):
    method = _saved(scene)
    _out(scene)
    return _remove(scene, method)


@situation("313", 0)
def preferred(scene):
    return _prefer(scene, _saved(scene))


@situation("313", 1)
def preferred_somebody_elses(scene):
    _saved(scene)
    return _prefer(scene, _saved(scene, who=scene.other_patient))


@situation("313", 2)
def preferred_in_an_outage(scene):
    method = _saved(scene)
    _out(scene)
    return _prefer(scene, method)
