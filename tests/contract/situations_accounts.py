"""How the answers of samples 110 to 115 come about."""

from datetime import timedelta

from contract.scene import JOINED, NOWHERE, PASSWORD, situation

NEW = {
    "email": "demo@example.test",
    "password": "long-enough-1",
    "firstName": "Demo",
    "lastName": "Patient",
    "phone": "+15555550111",
    "agreedToTerms": True,
    "termsVersion": "3.0",
}


def _register(scene, **more):
    return scene.wire.send("POST", "/api/users/register", {**NEW, **more})


def _sign_in(scene, path, email, password=PASSWORD):
    return scene.wire.send("POST", path, {"email": email, "password": password})


def _locked(scene, path, email, failures):
    for _ in range(failures):
        assert _sign_in(scene, path, email, "not the password").status == 401
    return _sign_in(scene, path, email)


@situation("110", 0)
def registered(scene):
    scene.time.set(JOINED)
    return _register(scene)


@situation("110", 1)
def registered_twice(scene):
    _register(scene)
    return _register(scene, email="Demo@Example.test")


@situation("110", 2)
def short_password(scene):
    return _register(scene, password="short-1")


@situation("111", 0)
def patient_signs_in(scene):
    return _sign_in(scene, "/api/users/login", "pat@example.test")


@situation("111", 1)
def patient_mistypes(scene):
    return _sign_in(scene, "/api/users/login", "pat@example.test", "not the password")


@situation("111", 2)
def patient_fails_ten_times(scene):
    return _locked(scene, "/api/users/login", "pat@example.test", 10)


@situation("112", 0)
def me(scene):
    return scene.wire.send("GET", "/api/users/me", who=scene.patient)


@situation("112", 1)
def me_without_token(scene):
    return scene.wire.send("GET", "/api/users/me")


@situation("112", 2)
def me_a_month_later(scene):
    token = scene.patient.token
    scene.time.passes(seconds=timedelta(days=30).total_seconds() + 1)
    return scene.wire.send("GET", "/api/users/me", token=token)


@situation("112", 3)
def me_with_nonsense(scene):
    return scene.wire.send("GET", "/api/users/me", token="not.a.token")


@situation("113", 0)
def provider_signs_in(scene):
    return _sign_in(scene, "/api/providers/login", "ridge@example.test")


@situation("113", 1)
def provider_mistypes(scene):
    return _sign_in(scene, "/api/providers/login", "ridge@example.test", "not the password")


@situation("114", 0)
def practice(scene):
    scene.provider.provider.services.exclude(name="Evaluation").update(is_active=False)
    return scene.wire.send("GET", f"/api/providers/{scene.provider.id}")


@situation("114", 1)
def no_practice(scene):
    return scene.wire.send("GET", f"/api/providers/{NOWHERE}")


@situation("115", 0)
def staff_signs_in(scene):
    return _sign_in(scene, "/api/admin/auth/login", "staff@example.test")


@situation("115", 1)
def staff_mistypes(scene):
    return _sign_in(scene, "/api/admin/auth/login", "staff@example.test", "not the password")


@situation("115", 2)
def staff_fails_five_times(scene):
    return _locked(scene, "/api/admin/auth/login", "staff@example.test", 5)
