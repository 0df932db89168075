"""The calendars' endpoints (contract 17, 19.1)."""
