"""Whose device is whose (contract 14.1, 14.2), and who loses theirs."""

from threading import Barrier, Thread
from urllib.parse import quote

import pytest
from django.db import connection

from findr.accounts import services as accounts
from findr.accounts.models import User
from notifications.models import Device, Notification, OutOfReach
from notifications.push.devices import MOST_DEVICES, devices_of

USER = Notification.RecipientType.USER
TOKEN = "/api/users/fcm-token"
DEVICES = "/api/users/devices"


def owner_of(address):
    return Device.objects.get(address=address).recipient


def addresses_of(person):
    return [device.address for device in Device.objects.filter(recipient=person.id)]


def test_a_token_and_a_device_are_one_store(patient, time):
    patient.post(TOKEN, {"token": "phone:1"})
    time.passes(minutes=1)
    patient.post(DEVICES, {"token": "phone:1", "platform": "ios", "deviceModel": "X"})
    patient.post(TOKEN, {"token": "phone:1"})  # As an old version of the app: it knows no platform.

    device = Device.objects.get()
    assert (device.recipient, device.recipient_type, device.kind) == (patient.id, "User", "token")
    assert (device.platform, device.model) == ("ios", "X")
    assert device.seen_at > device.created_at


def test_an_installation_is_known_by_its_shape(patient):
    patient.post(TOKEN, {"token": "cKpX0fyTQmqQ1rT2sUvWxY"})

    assert Device.objects.get().kind == Device.Kind.INSTALLATION


def test_the_longest_token_there_may_be_is_kept_and_removed(patient):
    longest = "".join(f"{number:04x}" for number in range(1024))

    assert patient.post(TOKEN, {"token": longest}).status == 200
    assert addresses_of(patient) == [longest]
    assert patient.post(TOKEN, {"token": f"{longest}x"}).refusal == (400, "validation", "token is invalid")
    patient.call("DELETE", f"{DEVICES}/{longest}")
    assert addresses_of(patient) == []


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        (TOKEN, {"token": " "}, "token is required"),
        (TOKEN, {"token": 7}, "token is invalid"),
        (TOKEN, {"token": "phone:1", "platform": "symbian"}, "platform is invalid"),
        (DEVICES, {"token": "phone:1", "platform": None}, "platform is required"),
        (DEVICES, {"token": "phone:1", "platform": "iOS"}, "platform is invalid"),
        (DEVICES, {"token": "phone:1", "platform": "ios", "deviceModel": "x" * 101}, "deviceModel is invalid"),
    ],
)
def test_what_is_no_device_is_refused_and_nothing_is_kept(patient, path, body, error):
    assert patient.post(path, body).refusal == (400, "validation", error)
    assert not Device.objects.exists()


@pytest.mark.lesson(35)
def test_a_shared_phone_is_whoever_signed_in_last(patient, other_patient, provider):
    patient.post(TOKEN, {"token": "shared:1"})
    other_patient.post(DEVICES, {"token": "shared:1", "platform": "android"})

    assert (addresses_of(patient), addresses_of(other_patient)) == ([], ["shared:1"])
    # The one who was there before signs out late.
    assert patient.call("DELETE", f"{DEVICES}/shared:1").body == {"success": True, "message": "Device removed"}
    assert addresses_of(other_patient) == ["shared:1"]
    provider.post(TOKEN, {"token": "shared:1"})
    assert list(devices_of(provider.id)) == list(Device.objects.all())


def test_a_token_is_removed_by_its_name_in_the_path(patient):
    odd = "a/b c:%41"
    patient.post(TOKEN, {"token": odd})
    patient.post(TOKEN, {"token": "another"})

    for _ in range(2):
        assert patient.call("DELETE", f"{DEVICES}/{quote(odd, safe='')}").status == 200

    assert addresses_of(patient) == ["another"]


def test_of_eleven_the_one_that_was_sent_longest_ago_goes(patient, other_patient, time):
    other_patient.post(TOKEN, {"token": "not his:1"})
    for number in range(MOST_DEVICES):
        patient.post(TOKEN, {"token": f"phone:{number}"})
        time.passes(minutes=1)
    patient.post(TOKEN, {"token": "phone:0"})
    time.passes(minutes=1)
    patient.post(TOKEN, {"token": "phone:new"})

    kept = {"phone:new", *(f"phone:{number}" for number in range(MOST_DEVICES) if number != 1)}
    assert set(addresses_of(patient)) == kept
    assert addresses_of(other_patient) == ["not his:1"]


def test_many_at_once_leave_ten(patient):
    """Without the lock each would count the others' rows that are not committed yet as none."""
    begin = Barrier(MOST_DEVICES + 4)

    def register(number):
        try:
            begin.wait(20)
            patient.post(TOKEN, {"token": f"phone:{number}"})
        finally:
            connection.close()

    threads = [Thread(target=register, args=[number]) for number in range(MOST_DEVICES + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(addresses_of(patient)) == MOST_DEVICES


def test_whoever_is_disabled_loses_their_devices(patient, other_patient, provider):
    for person in (patient, other_patient, provider):
        person.post(TOKEN, {"token": f"phone of:{person.id}"})

    for person in (patient, provider):
        accounts.sign_out_everywhere(person.user)

    assert {device.recipient for device in Device.objects.all()} == {other_patient.id}


def test_nobody_is_pushed_whose_account_is_disabled_however_that_came_about(patient, provider):
    for person in (patient, provider):
        person.post(TOKEN, {"token": f"phone of:{person.id}"})
    assert (devices_of(patient.id).count(), devices_of(provider.id).count()) == (1, 1)

    User.objects.filter(id__in=[patient.user.id, provider.user.id]).update(is_active=False)

    assert (devices_of(patient.id).count(), devices_of(provider.id).count()) == (0, 0)


def test_whoever_registers_a_device_is_in_reach_again(patient):
    OutOfReach.objects.create(recipient=patient.id, recipient_type=USER)

    patient.post(TOKEN, {"token": "phone:1"})

    assert not OutOfReach.objects.exists()
