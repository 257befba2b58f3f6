"""What is to be paid: a row for each payment, which outlives whatever happens to its sending."""

from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.utils import timezone


class Payment(models.Model):
    """One payment. Its row is there before it is sent, and the key in it never changes."""

    PENDING, SENT, NOT_SENT = "pending", "sent", "not sent"

    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    order = models.CharField(max_length=64, unique=True)  # Whoever asks again gets this row.
    wallet_id = models.CharField(max_length=64)
    to = models.CharField(max_length=42)
    wei = models.CharField(max_length=78)  # As text: no database's integers are wide enough.
    state = models.CharField(max_length=8, default=PENDING, db_index=True)
    hash = models.CharField(max_length=66, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "payments"
        db_table = "payments"

    @property
    def age(self) -> timedelta:
        return timezone.now() - self.created_at

    def close(self, state: str, hash: str | None = None) -> None:
        """Store the outcome, which several may learn. That it was sent is the last word."""
        open = Payment.objects.filter(pk=self.pk).exclude(state=self.SENT)
        open.update(state=state, hash=hash)
