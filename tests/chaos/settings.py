"""findr's own settings, but for the calendars: which reader looks into them is not for the environment to say."""

from findr.settings import *  # noqa: F403

CALENDAR_READER = "chaos.calendars.Planned"
