"""How the answers of samples 811 to 815 come about."""

from contract.scene import NOWHERE, situation

from notifications.models import Notification
from providers.models import Provider


def _told(scene):
    """A request was confirmed, and of what its patient was told of it only the confirmation is not read yet."""
    Provider.objects.filter(id=scene.provider.id).update(practice_name="Ridge PT")
    booking = scene.confirmed()
    told = {one.type: one for one in Notification.objects.filter(booking_id=booking.id, recipient=scene.patient.id)}
    assert _call(scene, "PATCH", f"{told['booking_pending'].id}/read").status == 200
    return told["booking_confirmed"].id


def _call(scene, method, path):
    return scene.wire.send(method, f"/api/notifications/{path}", who=scene.patient)


@situation("811", 0)
def what_is_not_read(scene):
    _told(scene)
    return _call(scene, "GET", f"user/{scene.patient.id}?limit=50&offset=0&unreadOnly=true")


@situation("811", 1)
def somebody_elses(scene):
    return _call(scene, "GET", f"user/{scene.other_patient.id}")


@situation("812", 0)
def the_badge(scene):
    _told(scene)
    return _call(scene, "GET", f"unread-count/user/{scene.patient.id}")


@situation("812", 1)
def somebody_elses_badge(scene):
    return _call(scene, "GET", f"unread-count/user/{scene.other_patient.id}")


@situation("813", 0)
def read_an_hour_later(scene):
    told = _told(scene)
    scene.time.passes(hours=1)
    return _call(scene, "PATCH", f"{told}/read")


@situation("813", 1)
def read_what_is_not(scene):
    return _call(scene, "PATCH", f"{NOWHERE}/read")


@situation("814", 0)
def read_all(scene):
    _told(scene)
    return _call(scene, "PATCH", f"read-all/user/{scene.patient.id}")


@situation("814", 1)
def read_all_of_somebody_else(scene):
    return _call(scene, "PATCH", f"read-all/user/{scene.other_patient.id}")


@situation("815", 0)
def deleted(scene):
    return _call(scene, "DELETE", str(_told(scene)))


@situation("815", 1)
def deleted_what_is_not(scene):
    return _call(scene, "DELETE", NOWHERE)
