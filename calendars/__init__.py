"""The practices' own calendars, at Google and Microsoft: connected, asked whether a time is free, and written into."""
