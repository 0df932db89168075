"""A booking's money (ARCHITECTURE.md, "Money"): what is asked of the vendor, what it says, and what that means to the booking.

A call is a row before it is made (`operations`), whoever has its lease makes it (`execution`, `vendor_calls`), and what
it came to is written down (`results`). Whatever is said of an intent, by whichever way, ends in `apply_intent`; what each
of its states means is one table, `rules`.
"""
