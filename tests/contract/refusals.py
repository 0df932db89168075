"""Refusals that several tests of the contract know."""

NO_TOKEN = (401, "Authentication required - no token provided")
