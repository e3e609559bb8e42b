"""The organisation's policy: versioned rows, the newest is in force, none is ever changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agent.contract.policy import Policy
from server.kernel.db import Base, UnitOfWork, UtcDateTime


class PolicyVersion(Base):
    __tablename__ = "policy"
    version: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def current_policy(session: Session) -> Policy:
    newest = session.scalar(select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(1))
    if newest is None:
        return Policy(version=0)
    return Policy.model_validate({**newest.data, "version": newest.version})


def change_policy(uow: UnitOfWork, policy: Policy, by: int | None) -> Policy:
    """Put a new version in force; the old ones stay readable."""
    version = current_policy(uow.session).version + 1
    uow.session.add(
        PolicyVersion(
            version=version,
            data=policy.model_dump(mode="json", exclude={"version"}),
            created_at=uow.clock.now(),
            created_by=by,
        )
    )
    uow.session.flush()
    return policy.model_copy(update={"version": version})
