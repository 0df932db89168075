"""What the fork server imports once, for all its children. It opens nothing: no connection, no thread."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
django.setup()


import bookings.api.urls  # noqa: E402
import bookings.tasks  # noqa: E402, F401
import findr.asgi  # noqa: E402
import findr.urls  # noqa: E402, F401
