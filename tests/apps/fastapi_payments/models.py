"""What is to be paid: a row for each payment, which outlives whatever happens to its sending."""

import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import String, UniqueConstraint, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["SHOP_DATABASE_URL"])
# Rows are read after their commit, so it must not make them stale.
Session = async_sessionmaker(engine, expire_on_commit=False)

PENDING, SENT, NOT_SENT = "pending", "sent", "not sent"


class Base(DeclarativeBase):
    """The tables of the app."""


class Payment(Base):
    """One payment. Its row is there before it is sent, and the key in it never changes."""

    __tablename__ = "payments"
    # Whoever asks again for the same order gets the same row.
    __table_args__ = (UniqueConstraint("user_id", "order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid4()))
    user_id: Mapped[str] = mapped_column(String(64))
    order: Mapped[str] = mapped_column(String(64))
    wallet_id: Mapped[str] = mapped_column(String(64))
    to: Mapped[str] = mapped_column(String(42))
    wei: Mapped[str] = mapped_column(String(78))  # As text: no integers are wide enough.
    state: Mapped[str] = mapped_column(String(8), default=PENDING, index=True)
    hash: Mapped[str | None] = mapped_column(String(66))
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))

    @property
    def age(self) -> timedelta:
        return datetime.now(UTC) - self.created_at.replace(tzinfo=UTC)

    async def close(self, state: str, hash: str | None = None) -> None:
        """Store the outcome, which several may learn. That it was sent is the last word."""
        open = update(Payment).where(Payment.id == self.id, Payment.state != SENT)
        async with Session.begin() as session:
            await session.execute(open.values(state=state, hash=hash))


async def make_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
