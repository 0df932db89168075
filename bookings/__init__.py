"""The heart of findr: the booking, its states, its money, its time."""
