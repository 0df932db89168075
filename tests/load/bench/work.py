"""The calls that are measured, as prepared requests; what one round of them came to."""

import json
import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from raw_clients import play, request
from scene import DAYS, HOURS

ZONE = ZoneInfo("America/Denver")
CARD = "pm_card_visa"


@dataclass
class Work:
    """A row of the table.

    Attributes:
        requests: a function of a contender and a number that makes so many calls ready, other calls made first if need be.
        status: what each must answer.
        delay_ms: how long each vendor takes to answer.
        is_nodes: whether the careful Node server can do it too.
    """

    name: str
    requests: object
    status: int
    delay_ms: int = 0
    clients: int = 16
    is_nodes: bool = False
    # How many calls of this kind a round has, of those that were asked for.
    share: float = 1.0

    @property
    def uses_patients(self):
        """Whether each call has a patient of its own."""
        return self.requests in (creates, instant_creates, confirms, accepts)


def measure(contender, requests, work, meter):
    """One round: per second, p50 and p95 in milliseconds, bytes of an answer, milliseconds of CPU per call by who spent them."""
    before, began = meter.read(contender.process.pid), perf_counter()
    answers = play(contender.port, requests, work.clients)
    took, after = perf_counter() - began, meter.read(contender.process.pid)
    for status, body, _ in answers:
        if status != work.status:
            raise SystemExit(f"{contender.name}, {work.name}: {status} {body[:300]!r}")
    cuts = statistics.quantiles([seconds * 1000 for *_, seconds in answers], n=20)
    number = len(answers)
    figures = {"per second": number / took, "p50": cuts[9], "p95": cuts[18], "bytes": len(answers[0][1])}
    return figures | {name: (after[name] - before[name]) / number * 1000 for name in after}


# --- Requests, each of a patient who has not asked before ---------------------------------------------------------------
class Hours:
    """Every hour of every practice that stands ready, each once: what is confirmed there overlaps with nothing."""

    def __init__(self, practices):
        self.practices, self.taken = practices, 0

    def next(self):
        """A practice and an hour of its clocks."""
        practice, hour = divmod(self.taken, DAYS * HOURS)
        self.taken += 1
        day = (datetime.now(ZONE) + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return self.practices[practice], day + timedelta(hours=hour)


def wish(practice, start):
    return {
        "providerId": practice["id"],
        "serviceId": practice["service"],
        "appointmentDate": f"{start:%Y-%m-%d}",
        "appointmentTime": f"{start:%H:%M}",
        "paymentMethodId": CARD,
    }


def create(token, body):
    return request("POST", "/api/bookings", token, json.dumps(body).encode())


def creates(contender, number):
    """Requests at one practice, which keep no time."""
    practice = contender.tree.told["practices"][0]
    start = datetime.now(ZONE).replace(minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=2)
    wishes = [wish(practice, start + timedelta(days=one % 50, hours=one % 7)) for one in range(number)]
    return [create(token, body) for (_, token), body in zip(contender.tree.patients(number), wishes, strict=True)]


def instant_creates(contender, number):
    """At practices with a calendar, half of them at Google and half at Microsoft, each hour of each once."""
    tree = contender.tree
    places, made = tree.told["connected"], []
    for _, token in tree.patients(number):
        index, tree.instants = tree.instants, tree.instants + 1
        day, hour = divmod(index // len(places), 10)
        start = datetime.now(ZONE) + timedelta(days=2 + day)
        body = wish({"id": None, "service": None}, start.replace(hour=8 + hour, minute=0))
        made.append(create(token, body | places[index % len(places)]))
    return made


def asked(contender, number, minute):
    """So many requests that have been made: practice, hour of it that is theirs alone, token of the patient, answer."""
    tree = contender.tree
    hours = tree.hours = tree.hours or Hours(tree.told["practices"][1:])
    places = [hours.next() for _ in range(number)]
    people = tree.patients(number)
    calls = [
        create(token, wish(practice, start + timedelta(minutes=minute)))
        for (practice, start), (_, token) in zip(places, people, strict=True)
    ]
    answers = answered(contender, calls, 201)
    return [(*place, token, answer) for place, (_, token), answer in zip(places, people, answers, strict=True)]


def answered(contender, calls, status):
    answers = play(contender.port, calls, 16)
    wrong = next((one for one in answers if one[0] != status), None)
    if wrong:
        raise SystemExit(f"{contender.name}: {wrong}")
    return [json.loads(body) for _, body, _ in answers]


def confirms(contender, number):
    return [
        request("POST", f"/api/bookings/{answer['bookingId']}/confirm", practice["token"], b'{"note": "see you"}')
        for practice, _, _, answer in asked(contender, number, 0)
    ]


def accepts(contender, number):
    """Of a time that was suggested: the hour whose half the patient had asked for."""
    waiting = asked(contender, number, 30)
    suggestions = [
        request(
            "POST",
            f"/api/bookings/{answer['bookingId']}/suggest-times",
            practice["token"],
            json.dumps({"proposedTimes": [{"start": f"{start:%Y-%m-%dT%H:%M}"}]}).encode(),
        )
        for practice, start, _, answer in waiting
    ]
    told = answered(contender, suggestions, 200)
    return [
        request(
            "POST",
            f"/api/bookings/{answer['bookingId']}/accept-suggested-time",
            token,
            json.dumps({"suggestedTimeId": said["booking"]["proposedTimes"][0]["id"]}).encode(),
        )
        for (_, _, token, answer), said in zip(waiting, told, strict=True)
    ]


# --- Lists --------------------------------------------------------------------------------------------------------------
def patient_list(contender, number):
    one = contender.tree.told["one"]
    return [request("GET", f"/api/bookings/user/{one['patient']}?limit=20", one["patient_token"])] * number


def practice_list(which, path=""):
    def requests(contender, number):
        practice = contender.tree.told[which]
        return [request("GET", f"/api/bookings/provider/{practice['id']}{path}", practice["token"])] * number

    return requests


WORKS = {
    "create": Work("create, vendor 0 ms", creates, 201, is_nodes=True),
    "create80": Work("create, vendor 80 ms", creates, 201, delay_ms=80, is_nodes=True),
    "instant": Work("instant create, vendor 80 ms", instant_creates, 201, delay_ms=80),
    "confirm": Work("confirm", confirms, 200, share=0.5),
    "accept": Work("accept", accepts, 200, share=0.5),
    "list": Work("patient's list of 20", patient_list, 200, clients=4, is_nodes=True),
    "practice20": Work("provider list, 20 bookings", practice_list("few"), 200, clients=1, share=0.3),
    "practice": Work("provider list, {big} bookings", practice_list("many"), 200, clients=1, share=0.3),
    "queue20": Work("answer queue, 20 waiting", practice_list("few_waiting", "/pending"), 200, clients=1, share=0.3),
    "queue": Work("answer queue, {waiting} of {big}", practice_list("many", "/pending"), 200, clients=1, share=0.3),
}
