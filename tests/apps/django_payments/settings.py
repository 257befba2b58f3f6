"""Settings of an app on Django that pays."""

import os

SECRET_KEY = "of the example"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = f"{__package__}.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["privy_sync.integrations.django", f"{__package__}.apps.PaymentsConfig"]
MIDDLEWARE = ["privy_sync.integrations.django.PrivyMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SHOP_DATABASE"],
        "ATOMIC_REQUESTS": True,
    }
}
PRIVY = {"AUTHORIZATION_KEY": os.environ["SHOP_KEY"]}  # of the wallet's owner
