"""The practices' own calendars. Today none can be connected: the seam is here, the vendors come with it."""
