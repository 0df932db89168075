"""The vendors findr talks to, served on one local port for development, tests and demos.

Run ``python -m findr.sandbox``. It imports no app and not Django, needs no keys and no internet, and never runs in
production. Vendors live in sister packages (``stripe``); what they share is here.
"""
