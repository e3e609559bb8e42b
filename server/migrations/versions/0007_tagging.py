"""tagging: what people taught the tagger, what it learned, the archive read again"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from server.kernel.db import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def person(name: str) -> "sa.Column[int]":
    return sa.Column(name, row_id, sa.ForeignKey("person.id"), nullable=True)


def activity(**more: Any) -> "sa.Column[UUID]":
    return sa.Column(
        "activity_id", sa.Uuid(), sa.ForeignKey("activity.id", ondelete="CASCADE"), **more
    )


def evidence() -> "tuple[sa.Column[Any], ...]":
    return (
        sa.Column("category", sa.String(30), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("speaker", sa.String(10), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "tag_label",
        sa.Column("id", row_id, primary_key=True),
        activity(nullable=False),
        *evidence(),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        person("by_id"),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        person("undone_by_id"),
    )
    for column in ("activity_id", "category", "at"):
        op.create_index(f"ix_tag_label_{column}", "tag_label", [column])
    op.create_table(
        "tag_suggestion",
        sa.Column("id", row_id, primary_key=True),
        activity(nullable=False),
        *evidence(),
        sa.Column("score", sa.Float(), nullable=False),
    )
    op.create_index("ix_tag_suggestion_activity_id", "tag_suggestion", ["activity_id"])
    op.create_table(
        "tagger_lesson",
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        person("by_id"),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("adaptation", sa.JSON(), nullable=False),
    )
    op.create_table(
        "vocabulary",
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        person("by_id"),
        sa.Column("change", sa.String(20), nullable=False),
        sa.Column("about", sa.String(200), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
    )
    op.create_table(
        "retagging",
        sa.Column("id", row_id, primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        person("by_id"),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("place", sa.Uuid(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
    )
    op.create_index("ix_retagging_state", "retagging", ["state"])
    op.create_table(
        "tags_before",
        sa.Column(
            "retagging_id",
            row_id,
            sa.ForeignKey("retagging.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        activity(primary_key=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("commitments", sa.JSON(), nullable=False),
        sa.Column("put_back", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    for table in (
        "tags_before",
        "retagging",
        "vocabulary",
        "tagger_lesson",
        "tag_suggestion",
        "tag_label",
    ):
        op.drop_table(table)
