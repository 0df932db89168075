"""Django's PostgreSQL backend as findr needs it: every connection begins with the same limits, through a pooler too."""
