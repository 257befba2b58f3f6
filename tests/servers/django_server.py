"""The Django app as WSGI and ASGI servers load it, its client made before any fork."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "apps.django_app.settings"

from apps.django_app.asgi import application as asgi_application
from apps.django_app.wsgi import application as wsgi_application
from servers.telling import telling_asgi, telling_wsgi

from privy_sync.integrations.django import get_client

get_client()
wsgi = telling_wsgi(wsgi_application)
asgi = telling_asgi(asgi_application)
