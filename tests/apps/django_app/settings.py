"""Settings of the small product on Django."""

import os

DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
SECRET_KEY = "of the example"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = f"{__package__}.urls"
USE_TZ = True

INSTALLED_APPS = ["privy_sync.integrations.django"]
MIDDLEWARE = ["privy_sync.integrations.django.PrivyMiddleware"]
PRIVY = {"TIMEOUT": 30}  # and PRIVY_APP_ID, PRIVY_APP_SECRET
