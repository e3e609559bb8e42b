"""how much of an item's words was let leave the laptop"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Everything that came before came whole. In place: other tables point at this one.
    op.add_column(
        'activity', sa.Column('body', sa.String(length=10), nullable=False, server_default='full')
    )


def downgrade() -> None:
    op.drop_column('activity', 'body')
