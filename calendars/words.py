"""Why a calendar could not be read or written, as staff read it. The codes: `calendars.vendors.base.CalendarError.code`."""

_WHY = {
    "unavailable": "the vendor did not answer in time, or not in a way that makes sense",
    "not_configured": "findr has no client of its own at this vendor",
    "rate_limited": "the vendor wants to be asked less often",
    "token_refused": "the vendor refused the access token, and a fresh one too",
    "needs_reauth": "the consent is gone: its owner must connect the account again",
    "forbidden": "the consent does not cover it, or the account's administrator forbids it",
    "calendar_missing": "the vendor does not know the calendar, or said nothing of it",
    "cursor_gone": "the vendor cannot tell any more what has changed in the calendar",
    "event_missing": "the vendor has no such event any more",
    "rejected": "the vendor refused it, and would refuse it again",
    "exchange_failed": "the consent could not be turned into tokens",
    "access_denied": "less was allowed than findr needs",
    "disconnected": "the account was disconnected",
    "defect": "a mistake of findr's own; its log says more",
}


def why(code: str) -> str:
    """The code in words, for the middle of a sentence; one that nobody gave words to is told as it stands."""
    return _WHY.get(code, code.replace("_", " "))
