"""The vendors findr talks to, served on one local port for development, tests and demos.

Run ``python -m findr.sandbox``. It imports no app and not Django, needs no keys and no internet, and never runs in
production. Each vendor is behind a mount of its own (``/stripe``) and lives in a package of its own; what they share is
here: the server, the ledger, the log, misbehaviour, ``deliveries`` and ``oauth``. ``registry.py`` lists the vendors, and
``vendor.py`` says what one is.
"""
