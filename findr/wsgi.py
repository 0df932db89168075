"""The WSGI application: REST and the admin."""

import os

from django.core.wsgi import get_wsgi_application

from findr.postgresql import pooling

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")

application = get_wsgi_application()
pooling.refuse_at_start()
