"""How the answers of samples 410, 411 and 911 come about."""

from contract.scene import NOWHERE, situation
from django.db import connection

TOKEN = {"token": "fcm-demo-token"}


def _send_token(scene, body=TOKEN, **who):
    return scene.wire.send("POST", "/api/users/fcm-token", body, **{"who": scene.patient, **who})


@situation("410", 0)
def a_token(scene):
    return _send_token(scene)


@situation("410", 1)
def no_token(scene):
    return _send_token(scene, {})


@situation("410", 2)
def a_token_of_nobody(scene):
    return _send_token(scene, who=None)


@situation("410", 3)
def a_token_that_cannot_be_kept(scene):
    """The table of devices is away: a defect, and not a database that is busy."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_device RENAME TO away")
        try:
            return _send_token(scene)
        finally:
            cursor.execute("ALTER TABLE away RENAME TO notifications_device")


@situation("411", 0)
def a_device(scene):
    body = {**TOKEN, "platform": "ios", "deviceModel": "X"}
    return scene.wire.send("POST", "/api/users/devices", body, who=scene.patient)


@situation("411", 1)
def a_device_without_a_platform(scene):
    return scene.wire.send("POST", "/api/users/devices", TOKEN, who=scene.patient)


def _try(scene, person=None, **more):
    body = {"userId": person or str(scene.patient.id), "title": "Test Notification", "body": "This is a test"}
    return scene.wire.send("POST", "/api/test-notification", body, **{"who": scene.staff, **more})


@situation("911", 0)
def to_one_device(scene):
    _send_token(scene)
    return _try(scene)


@situation("911", 1)
def to_no_device(scene):
    return _try(scene)


@situation("911", 2)
def by_nobody(scene):
    return _try(scene, who=None)


@situation("911", 3)
def by_a_patient(scene):
    return _try(scene, who=scene.patient)


@situation("911", 4)
def to_nobody(scene):
    return _try(scene, NOWHERE)
