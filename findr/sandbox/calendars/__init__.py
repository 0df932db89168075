"""One truth of calendars under every vendor's shapes: accounts, calendars, events and series, in the vendor's ledger.

What is *busy* is not decided here: each vendor has its own matrix on top.
"""
