"""Entry point for application servers: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from config.guard import DatabaseGuard  # noqa: E402 (needs the apps, which are ready only now)

application = DatabaseGuard(application)
