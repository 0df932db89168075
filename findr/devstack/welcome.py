"""What bin/serve says when it is ready: where everything is, and a booking to paste into another terminal."""

import datetime
import random
from collections.abc import Mapping

from findr.devstack.clock import today
from findr.devstack.demo_calendars import HARBOR, LAKESIDE
from findr.devstack.doors import PASSWORD
from findr.devstack.state import State

# Each practice, and its service of an hour.
VISITS = {
    "provider": "00000000-0000-4000-8000-000000000101",
    "service": "00000000-0000-4000-8000-000000000512",
    "harbor_id": "00000000-0000-4000-8000-000000000102",
    "harbor_service": "00000000-0000-4000-8000-000000000522",
    "lakeside_id": "00000000-0000-4000-8000-000000000103",
    "lakeside_service": "00000000-0000-4000-8000-000000000532",
}

TEXT = """
findr is running. Ctrl-C stops it; the data stays.

  API             {api}
  Admin           {api}/admin/          staff@example.test / {password}
  Vendors         {sandbox}/__ledger    what the sandbox's Stripe knows
                  {sandbox}/__log       each call it got
  Calendars       {sandbox}/__google/calendar?account={harbor}
                  {sandbox}/__microsoft/calendar?account={lakeside}
  Mails           {mail}
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

  # Harbor is connected to Google and free in the morning: confirmed and paid at once. At noon it has lunch: a request.
  visit() {{ curl -sS $API/api/bookings -H "$JSON" -H "Authorization: Bearer $PAT" -d '{{"providerId": "'$1'", "serviceId": "'$2'", "appointmentDate": "{date}", "appointmentTime": "'"$3"'", "paymentMethodId": "pm_card_visa"}}' | field message; }}
  visit {harbor_id} {harbor_service} "{time}"; visit {harbor_id} {harbor_service} "12:00 PM"
  curl -sS "{sandbox}/__google/calendar?account={harbor}&day={date}&days=1"

  # Lakeside is connected to Microsoft and busy from 8 to 9 AM.
  visit {lakeside_id} {lakeside_service} "{time}"; visit {lakeside_id} {lakeside_service} "8:00 AM"
  curl -sS "{sandbox}/__microsoft/calendar?account={lakeside}&day={date}&days=1"
"""


def text(state: State, variables: Mapping[str, str]) -> str:
    """The whole message."""
    date, time = _some_visit(today(variables))
    return TEXT.format(
        api=f"http://127.0.0.1:{variables['PORT']}",
        sandbox=f"http://127.0.0.1:{variables['SANDBOX_PORT']}",
        logs=state.logs,
        mail=variables.get("EMAIL_FILE_PATH", ""),
        harbor=HARBOR.account,
        lakeside=LAKESIDE.account,
        password=PASSWORD,
        **VISITS,
        date=date,
        time=time,
    )


def _some_visit(today: datetime.date) -> tuple[str, str]:
    """A weekday in the coming weeks and an hour, drawn, so that pasting again asks for another time."""
    days = [today + datetime.timedelta(days=ahead) for ahead in range(3, 25)]
    day = random.choice([day for day in days if day.weekday() < 5])  # noqa: S311
    return day.isoformat(), f"{random.choice((9, 10, 11))}:00 AM"  # noqa: S311
