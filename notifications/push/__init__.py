"""Pushes: the message of contract 14.3, the devices it goes to, and Firebase Cloud Messaging behind its one door."""
