"""Telling people: feed, push, mail. Nothing is told yet: the feed and its transports come with their own steps."""
