"""Everybody at once on one practice that is much asked for."""

import random
import threading
import time as real_time
from collections import Counter
from functools import partial

import pytest
from cast import HALF_HOUR, run_jobs, wish_at
from concurrency.together import at_once

from bookings import reconciliation as books
from bookings.models import BookingEvent
from notifications.models import FeedEvent

# --- Everybody at once -------------------------------------------------------------------------------------------------
PATIENTS, DESKS, ROUNDS = 24, 8, 3
# What the contract lets anybody answer in a crowd. 503 would be a deadlock, or a lock waited for, left unanswered.
ALLOWED = {200, 201, 202, 400, 404, 409, 410}


class Listener:
    """Reads a feed all the while. A number that is committed before a smaller one shows as a hole: `reload`."""

    def __init__(self, person):
        self.person, self.frames, self.reads = person, [], 0

    def read(self):
        since = self.frames[-1]["seq"] if self.frames else 0
        found = self.person.get(f"/api/notifications?since={since}&limit=300").body
        assert not found["reload"], (self.person, since, found)
        assert [frame["seq"] for frame in found["events"]] == list(range(since + 1, since + 1 + len(found["events"])))
        self.frames += found["events"]
        self.reads += 1


class Crowd:
    """Patients and the many desks of one practice, each doing what is to be done next."""

    def __init__(self, patients, provider, seed):
        self.patients, self.provider, self.seed = patients, provider, seed
        self.answers, self.lock = Counter(), threading.Lock()
        self.working = threading.Semaphore(0)

    def say(self, person, action, path, body=None):
        answer = person.post(path, body)
        with self.lock:
            self.answers[action, answer.status] += 1
        assert answer.status in ALLOWED, (action, answer.status, answer.body)
        return answer

    def patient(self, number):
        """Asks for one of a few times, then answers suggestions, accepts, declines or cancels."""
        choose, person = random.Random(self.seed + number), self.patients[number]
        for _ in range(ROUNDS):
            wish = wish_at(days=choose.randint(2, 4), hour=choose.randint(8, 16), serviceId=str(HALF_HOUR))
            self.say(person, "ask", "/api/bookings", wish)
            for booking in person.get("/api/bookings/user?status=pending,upcoming").body["bookings"]:
                self.answer(choose, person, booking)

    def answer(self, choose, person, booking):
        path = f"/api/bookings/{booking['id']}"
        if times := booking["suggestedTimes"]:
            if choose.random() < 0.8:
                body = {"suggestedTimeId": choose.choice(times)["id"]}
                self.say(person, "accept", f"{path}/accept-suggested-time", body)
            else:
                self.say(person, "decline all", f"{path}/decline-suggested-times")
        elif choose.random() < 0.15:
            self.say(person, "cancel", f"{path}/cancel", {"reason": "ill"})

    def desk(self, number):
        """Answers what waits: yes, no, or at another time."""
        choose = random.Random(self.seed - 1 - number)
        for _ in range(2 * ROUNDS):
            waiting = self.provider.get("/api/bookings/provider?status=pending&limit=50").body["bookings"]
            for booking in choose.sample(waiting, min(3, len(waiting))):
                path = f"/api/bookings/{booking['id']}"
                match choose.choice(["confirm", "confirm", "suggest", "decline", "cancel"]):
                    case "confirm":
                        self.say(self.provider, "confirm", f"{path}/confirm")
                    case "suggest":
                        self.suggest(choose, path)
                    case "decline":
                        self.say(self.provider, "decline", f"{path}/decline", {"reason": "full"})
                    case _:
                        self.say(self.provider, "cancel visit", f"{path}/cancel-provider", {"reason": "ill"})

    def suggest(self, choose, path):
        days = choose.sample(range(2, 6), 2)
        starts = [f"{wish_at(days=day)['appointmentDate']}T{choose.randint(8, 16):02d}:00" for day in days]
        body = {"proposedTimes": [{"start": start} for start in starts]}
        self.say(self.provider, "suggest", f"{path}/suggest-times", body)

    def until_done(self, work):
        """Whoever fails has finished too: nobody listens for ever."""
        try:
            work()
        finally:
            self.working.release()

    def listen(self, listeners):
        """Until everybody has finished."""
        finished = 0
        while finished < PATIENTS + DESKS:
            for listener in listeners:
                listener.read()
            finished += self.working.acquire(timeout=0.005)
        for listener in listeners:
            listener.read()


@pytest.mark.lesson(21, 31, 33)
def test_thirty_two_at_once_on_one_hot_provider(crowd, provider, sandbox, no_limits, figures, caplog):
    people = Crowd(crowd[:PATIENTS], provider, seed=random.randrange(10**6))
    hot, others = Listener(provider), [Listener(person) for person in crowd[:PATIENTS]]
    began = real_time.monotonic()

    at_once(
        *(partial(people.until_done, partial(people.patient, number)) for number in range(PATIENTS)),
        *(partial(people.until_done, partial(people.desk, number)) for number in range(DESKS)),
        lambda: people.listen([hot, *others[:3]]),
    )

    took = real_time.monotonic() - began
    for listener in others:
        listener.read()
    run_jobs()
    hot.read()
    calls, statuses = sum(people.answers.values()), Counter()
    for (_, status), number in people.answers.items():
        statuses[status] += number
    met = caplog.text.count("met a deadlock and runs again")
    figures.append(
        f"{PATIENTS} patients and {DESKS} desks at once (seed {people.seed}): {calls} actions in {took:.1f} s,"
        f" {dict(sorted(statuses.items()))}; {len(hot.frames)} events of the practice, read {hot.reads} times without"
        f" a hole; {met} deadlocks met and run again"
    )
    assert FeedEvent.objects.count() == len(hot.frames) + sum(len(listener.frames) for listener in others)
    _in_the_order_of_history(hot.frames, [frame for listener in others for frame in listener.frames])
    assert books.check_books() == []


def _in_the_order_of_history(provider_frames, patient_frames):
    """Each booking is told in the order in which it happened, to both sides alike."""
    told, told_patients = {}, {}
    for frame in provider_frames:
        told.setdefault(frame["data"]["id"], []).append(frame["data"]["state"])
    for frame in patient_frames:
        told_patients.setdefault(frame["bookingId"], []).append(frame["state"])
    for booking_id, states in told.items():
        moves = BookingEvent.objects.filter(booking_id=booking_id).exclude(event_type__in=QUIET).order_by("id")
        assert states == list(moves.values_list("new_state", flat=True)), booking_id
        assert told_patients[booking_id] == states


# Lines of history that nobody is told of by themselves.
QUIET = (
    "created",
    "confirm_started",
    "reschedule_accepted",
    "payment_captured",
    "payment_released",
    "payment_refunded",
)
