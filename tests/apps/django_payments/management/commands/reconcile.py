"""python manage.py reconcile: settles the payments whose outcome is not known."""

from django.core.management import BaseCommand

from ...payments import reconcile


class Command(BaseCommand):
    """For a timer that runs it every minute."""

    def handle(self, *args: object, **options: object) -> None:
        reconcile()
