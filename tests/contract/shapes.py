"""Holding an answer against a sample: the same keys, the same types, the same formats, the contract's fixed words."""

import re
from dataclasses import dataclass

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
# Words that a client compares. `message` is one of them, but in a refusal (contract 4).
WORDS = {
    *("success", "error", "code", "status", "state", "bookingType", "isRequest", "paymentStatus", "mode", "required"),
    *("cancelledBy", "eventType", "previousStatus", "newStatus", "source", "type", "authProvider", "profileComplete"),
    *("urgency", "hoursUntilExpiry", "requiresAction", "processing", "declineCode", "currentStatus", "currentState"),
    *("allowedTransitions", "fields", "servicePrice", "duration", "depositAmount", "refundAmount", "price", "tier"),
    *("durationMinutes", "totalAmount", "serviceName", "category", "providerTimezone", "patientTimezone", "timezone"),
    *("count", "maxAttempts", "remindersSent", "total", "totalCount", "urgentCount", "limit", "skip", "isActive"),
    *("calendarConnected", "calendarIntegrated", "notificationsEnabled", "calendarSyncStatus", "permissions", "role"),
    *("isReturningPatient", "previousBookingCount", "appointmentDate", "appointmentTime", "acceptsBookings"),
    *("requestedStart", "requestedEnd", "confirmedStart", "confirmedEnd", "notes", "patientNotes", "patientNote"),
    *("confirmationNote", "declineReason", "cancellationReason", "requirePasswordChange", "providerTypes"),
    *(
        "startTime",
        "endTime",
        "start",
        "end",
        "proposedBy",
        "proposedStart",
        "proposedEnd",
        "index",
        "amount",
        "reason",
    ),
    *("feeCharged", "percentage", "feeAmount", "feePercentage", "feePercent", "description", "cancellable"),
    *("hoursUntil", "hoursBeforeAppointment", "brand", "last4", "isDefault", "seq", "lastSeq", "nextSince", "hasMore"),
    *("reload", "urgent", "hoursRemaining"),
}


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
            if self._is_fixed(key, sample) and one != other:
                found.append(f"{at}.{key} is {other!r}, not {one!r}")
            found += self.differences(one, other, f"{at}.{key}")
        return found

    def _is_fixed(self, key, sample):
        if not self.same_situation or key in self.free or (isinstance(sample[key], dict) and key != "fields"):
            return False
        return key in WORDS or (key == "message" and sample.get("success") is not False)

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
