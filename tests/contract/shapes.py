"""Holding an answer against a sample: the same keys, the same types, the same formats, the contract's fixed words."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

FORMATS = {
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "booking number": r"FH-\d{8}-[A-HJKMNP-Z2-9]{5}",
    "wall time": r"([1-9]|1[0-2]):[0-5]\d (AM|PM)",
    "zone": r"(America|Asia|Europe|Australia)/\w+",
    "one decimal": r"\d+\.\d",
}
# Lists that are empty where nobody has suggested anything.
MAY_BE_EMPTY = {"suggestedTimes", "proposedTimes"}
# What may be null where the sample has a value (contract 7, 9, 12.2): looked at where the situations differ.
NULLABLE = {
    *("expiresAt", "confirmedAt", "declinedAt", "declineReason", "cancelledAt", "cancelledBy", "cancellationReason"),
    *("checkedInAt", "completedAt", "confirmedStart", "confirmedEnd", "requestedAt", "current", "message"),
    *("teamMember", "title", "paymentIntentId", "notes", "patientNotes", "patientNote", "confirmationNote"),
    *("phone", "avatar", "suite", "previousStatus", "userId", "clientSecret"),
}
# What the cast and the vendor make up, so that only its form can be held against the sample. All else is the product's
# own and has to agree; `message`, but in a refusal, is too (contract 4).
FREE = {
    *("_id", "id", "booking", "bookingId", "bookingNumber", "eventId", "memberId", "providerId", "serviceId", "userId"),
    *("recipientId", "actionUrl", "teamMemberId", "reservationId"),
    *("suggestedTimeId", "paymentIntentId", "clientSecret", "ephemeralKey", "customerId", "defaultMethodId", "token"),
    *("firstName", "lastName", "fullName", "name", "title", "email", "phone", "practiceName", "providerName"),
    *("street", "city", "zip", "exp_month", "exp_year"),
}
# Read off the clock, which stands at the samples' moment but runs on while a scene is played.
MOMENTS = {
    *("createdAt", "updatedAt", "timestamp", "requestedAt", "proposedAt", "confirmedAt", "declinedAt", "cancelledAt"),
    *("expiresAt", "responseDeadline", "connectedAt", "tokenExpiry", "lastSyncAt", "readAt"),
}
LONGEST_SCENE = timedelta(seconds=20)


@dataclass(frozen=True)
class Comparison:
    """How closely to look.

    Attributes:
        same_situation: the product stands where the sample stands, so that fixed words and nulls must agree; otherwise
            keys and types only, and null only where the contract allows it.
        free: keys whose values are the test's own, such as a reason that it made up.
    """

    same_situation: bool = True
    free: frozenset = frozenset()

    def differences(self, sample, answer, at="body"):
        """What is wrong with the answer, in words; nothing if it fits."""
        if sample is None or answer is None:
            return self._of_nulls(sample, answer, at)
        if not _fits(sample, answer):
            return [f"{at} is a {_kind(answer)}, not a {_kind(sample)}"]
        if isinstance(sample, dict):
            return self._of_objects(sample, answer, at)
        if isinstance(sample, list):
            return self._of_lists(sample, answer, at)
        return self._of_text(sample, answer, at) if isinstance(sample, str) else []

    def _of_nulls(self, sample, answer, at):
        if sample is answer or (not self.same_situation and (sample is None or _name(at) in NULLABLE)):
            return []
        return [f"{at} is {answer!r}, not {sample!r}"]

    def _of_objects(self, sample, answer, at):
        found = []
        if missing := sample.keys() - answer.keys():
            found.append(f"{at} lacks {sorted(missing)}")
        if surplus := answer.keys() - sample.keys():
            found.append(f"{at} has {sorted(surplus)} too many")
        for key in sample.keys() & answer.keys():
            one, other = sample[key], answer[key]
            if self._is_fixed(key, sample) and not _agree(key, one, other):
                found.append(f"{at}.{key} is {other!r}, not {one!r}")
            found += self.differences(one, other, f"{at}.{key}")
        return found

    def _is_fixed(self, key, sample):
        if not self.same_situation or key in self.free:
            return False
        if key == "message":
            return sample.get("success") is not False
        # What lists and objects hold is looked at place by place; which fields are bad is one statement.
        return key == "fields" or (key not in FREE and not _holds_objects(sample[key]))

    def _of_lists(self, sample, answer, at):
        if self.same_situation and len(sample) != len(answer):
            return [f"{at} has {len(answer)} items, not {len(sample)}"]
        if not sample:
            return []
        if not answer and _name(at) not in MAY_BE_EMPTY:
            return [f"{at} is empty"]
        pairs = zip(sample, answer, strict=True) if self.same_situation else ((sample[0], one) for one in answer)
        return [line for n, (one, other) in enumerate(pairs) for line in self.differences(one, other, f"{at}[{n}]")]

    def _of_text(self, sample, answer, at):
        for name, pattern in FORMATS.items():
            if re.fullmatch(pattern, sample) and not re.fullmatch(pattern, answer):
                return [f"{at} is {answer!r}, which is no {name}"]
        return []


def _holds_objects(value):
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value))


def _agree(key, sample, answer):
    if key in MOMENTS and isinstance(sample, str) and isinstance(answer, str):
        then, now = (re.fullmatch(FORMATS["instant"], one) and datetime.fromisoformat(one) for one in (sample, answer))
        return bool(then and now) and abs(now - then) < LONGEST_SCENE
    return sample == answer


def _name(at):
    """The key at the end of a place such as `body.bookings[0].expiresAt`."""
    return re.sub(r"\[\d+\]$", "", at).rpartition(".")[2]


def _fits(sample, answer):
    """Whether the answer has the sample's type. Dollars may be written 150 or 150.0 (contract 2.4); counts and cents
    are integers."""
    return _kind(sample) == _kind(answer) or (_kind(sample), _kind(answer)) == ("number", "integer")


def _kind(value):
    kinds = {bool: "flag", int: "integer", float: "number", str: "text", dict: "object", list: "list"}
    return kinds.get(type(value), "null")
