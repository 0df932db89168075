"""The endpoints of contract 18."""
