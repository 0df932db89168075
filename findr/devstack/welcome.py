"""What bin/serve says when it is ready: where everything is, and a booking to paste into another terminal."""

import contextlib
import datetime
import random
from collections.abc import Mapping
from pathlib import Path

from findr.devstack.state import State

PASSWORD = "findr-demo-1"  # noqa: S105
PROVIDER = "00000000-0000-4000-8000-000000000101"
SERVICE = "00000000-0000-4000-8000-000000000512"

TEXT = """
findr is running. Ctrl-C stops it; the data stays.

  API             {api}
  Admin           {api}/admin/          staff@example.test / {password}
  Vendors         {sandbox}/__ledger    what the sandbox's Stripe knows
                  {sandbox}/__log       each call it got
  Logs            {logs}
  manage.py       bin/manage shell

One booking, in another terminal:

  field() {{ python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }}
  API={api}; JSON='content-type: application/json'

  # The patient signs in, looks at the practice and asks for a visit.
  PAT=$(curl -sS $API/api/users/login -H "$JSON" -d '{{"email": "pat@example.test", "password": "{password}"}}' | field token)
  curl -sS $API/api/providers/{provider}
  BOOKING=$(curl -sS $API/api/bookings -H "$JSON" -H "Authorization: Bearer $PAT" -d '{{"providerId": "{provider}", "serviceId": "{service}", "appointmentDate": "{date}", "appointmentTime": "{time}", "paymentMethodId": "pm_card_visa"}}' | field bookingId)

  # The practice signs in and confirms it: the card is charged.
  RIDGE=$(curl -sS $API/api/providers/login -H "$JSON" -d '{{"email": "ridge@example.test", "password": "{password}"}}' | field token)
  curl -sS -X POST $API/api/bookings/$BOOKING/confirm -H "$JSON" -H "Authorization: Bearer $RIDGE" -d '{{}}'
"""


def text(state: State, variables: Mapping[str, str]) -> str:
    """The whole message."""
    date, time = _some_visit(_today(variables))
    return TEXT.format(
        api=f"http://127.0.0.1:{variables['PORT']}",
        sandbox=f"http://127.0.0.1:{variables['SANDBOX_PORT']}",
        logs=state.logs,
        password=PASSWORD,
        provider=PROVIDER,
        service=SERVICE,
        date=date,
        time=time,
    )


def _today(variables: Mapping[str, str]) -> datetime.date:
    """What findr's clock calls today (findr/clock.py): it may have been moved before this start."""
    ahead = float(variables.get("FINDR_CLOCK_AHEAD") or 0)
    with contextlib.suppress(OSError, ValueError):
        ahead += float(Path(variables.get("FINDR_CLOCK_FILE", "")).read_text())
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=ahead)).date()


def _some_visit(today: datetime.date) -> tuple[str, str]:
    """A weekday in the coming weeks and an hour, drawn, so that pasting again asks for another time."""
    days = [today + datetime.timedelta(days=ahead) for ahead in range(3, 25)]
    day = random.choice([day for day in days if day.weekday() < 5])  # noqa: S311
    return day.isoformat(), f"{random.choice((9, 10, 11))}:00 AM"  # noqa: S311
