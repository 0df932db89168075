"""The WSGI application: REST and the admin."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from findr.postgresql import pooling

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")

gc.disable()  # Until every app is loaded (findr/apps.py).
application = get_wsgi_application()
pooling.refuse_at_start()
