"""Google: sign-in with granular consent, and the part of Calendar API v3 that findr calls."""
