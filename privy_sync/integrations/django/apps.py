"""The app that goes into INSTALLED_APPS: it registers the system checks."""

from django.apps import AppConfig
from django.core.checks import register

from privy_sync.integrations.django.checks import check_settings


class PrivyConfig(AppConfig):
    """The settings of Privy are checked when Django starts, and by `manage.py check`."""

    name = "privy_sync.integrations.django"
    label = "privy"
    verbose_name = "Privy"

    def ready(self) -> None:
        register(check_settings, "privy")
