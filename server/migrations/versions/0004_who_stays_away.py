"""whose calendar a meeting has vanished from, or who declined it"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        'activity_capture',
        sa.Column('stays_away', sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    with op.batch_alter_table('activity_capture') as batch_op:
        batch_op.drop_column('stays_away')
