"""What is there before the measuring: `python scene.py TREE SANDBOX PATIENTS BIG WAITING`, with a database of its own.

Run with the code of the checkout TREE, which need not be this one. Prints what the clients must know, as JSON: who they
are, with a token each, and which practices have how many bookings.
"""

import json
import os
import sys
from pathlib import Path

TREE = Path(sys.argv[1])
HERE = Path(__file__).resolve().parents[2]
# Helpers come from the checkout that is measured; what it does not have yet, from this one.
sys.path[:0] = [str(TREE), str(TREE / "tests")]
sys.path += [str(HERE), str(HERE / "load")]
CONNECTED = 16
# Visits of an hour, one after the other, from the second day on: so many a practice can promise.
DAYS, HOURS = 56, 24
WAIT = """
    UPDATE bookings_booking SET state = 'pending_confirmation', start = %(now)s::timestamptz + interval '1 day' + interval '1 hour' * n,
        "end" = %(now)s::timestamptz + interval '1 day' + interval '1 hour' * (n + 1), expires_at = %(now)s::timestamptz + interval '1 day'
    FROM (SELECT id, row_number() OVER (ORDER BY state = 'pending_confirmation' DESC, number) AS n FROM bookings_booking WHERE provider_id = %(practice)s) numbered
    WHERE bookings_booking.id = numbered.id AND n <= %(waiting)s
"""
# One after the other, so that each page shows as many patients as it can.
SPREAD = """
    UPDATE bookings_booking SET patient_id = people[1 + n %% cardinality(people)]
    FROM (SELECT id, row_number() OVER (ORDER BY start) AS n FROM bookings_booking WHERE provider_id = %(practice)s) numbered,
        (SELECT %(people)s::uuid[] AS people) given
    WHERE bookings_booking.id = numbered.id
"""
VISITS_OF_EACH = 20
HELD = "UPDATE bookings_payment SET state = 'held' FROM bookings_booking b WHERE b.id = booking_id AND b.state = 'pending_confirmation'"


def main():
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "findr.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from findr.sandbox.client import SandboxClient
    from providers import demo

    sandbox, patients, big, waiting = sys.argv[2], *map(int, sys.argv[3:6])
    call_command("migrate", verbosity=0)
    demo.load()
    told = {
        "patients": patients_with_tokens(patients),
        "practices": [practice(f"busy{number}") for number in range(1 + 2 * patients // (DAYS * HOURS))],
        "connected": connected(SandboxClient(sandbox)),
        "one": full("one", 20, 0),
        "few": full("few", 20, 0, patients=20),
        "few_waiting": full("few-waiting", 20, 20, patients=20),
        "many": full("many", big, waiting, patients=big // VISITS_OF_EACH),
    }
    with connection.cursor() as cursor:  # What PostgreSQL would still do about all that, while somebody is measured.
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    print(json.dumps(told))


def patients_with_tokens(number):
    """So many who have never asked for anything: [id, token] of each."""
    from cast import Person

    from findr.accounts.models import User

    people = User.objects.bulk_create(
        [
            User(email=f"load{one}@example.test", role="patient", first_name="Lo", last_name="Ad")
            for one in range(number)
        ]
    )
    return [[str(user.id), Person(user).token] for user in people]


def practice(name):
    """An approved one with one service of an hour, and its token."""
    from cast import Person

    from findr.accounts.models import User
    from providers.models import Provider, Service

    account = User.objects.create(email=f"{name}@example.test", role="provider", first_name="D", last_name="K")
    provider = Provider.objects.create(
        account=account,
        practice_name=f"Practice {name}",
        provider_types=["Medical"],
        status=Provider.Status.APPROVED,
        email=account.email,
        phone="+15555550301",
        street="1 Ridge Rd",
        city="Bozeman",
        region="MT",
        zip_code="59715",
        timezone="America/Denver",
    )
    service = Service.objects.create(
        provider=provider, name="Evaluation", category="Medical", duration_minutes=60, price_cents=15_000
    )
    return {"id": str(provider.id), "service": str(service.id), "token": Person(account, provider).token}


def full(name, number, waiting, patients=1):
    """A practice with so many bookings of so many patients, so many of which wait for its answer; who the first of them is."""
    from cast import Person
    from crowd import fill
    from django.db import connection

    from findr import clock
    from findr.accounts.models import User
    from providers.models import Provider

    here = practice(name)
    patient, *others = User.objects.bulk_create(
        User(email=f"of-{name}-{one}@example.test", role="patient", first_name="Lo", last_name="Ad")
        for one in range(patients)
    )
    fill(Provider.objects.get(id=here["id"]), patient, number)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        if others:
            cursor.execute(SPREAD, {"practice": here["id"], "people": [one.id for one in [patient, *others]]})
        cursor.execute(WAIT, {"now": clock.now(), "practice": here["id"], "waiting": waiting})
        cursor.execute(HELD)
        cursor.execute("SET session_replication_role = DEFAULT")
    return here | {"patient": str(patient.id), "patient_token": Person(patient).token}


def connected(sandbox):
    """Practices that have a calendar; of each what a wish says of it."""
    from connected import connected_practices

    return connected_practices(CONNECTED, sandbox)


if __name__ == "__main__":
    main()
