"""The app that goes into INSTALLED_APPS."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Its tables begin with its label."""

    name = __package__
    label = "payments"
