"""What is done with connected calendars."""
