"""Firebase Cloud Messaging, HTTP v1: a service account's tokens, and messages to devices."""
