"""each capture says for itself where an item belongs"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

capture = sa.table(
    'activity_capture',
    sa.column('activity_id', sa.Uuid()),
    sa.column('person_id', sa.BigInteger()),
    sa.column('revision', sa.Integer()),
    sa.column('customer_ids', sa.JSON()),
)
link = sa.table(
    'activity_customer',
    sa.column('activity_id', sa.Uuid()),
    sa.column('customer_id', sa.BigInteger()),
    sa.column('why', sa.String()),
)
activity = sa.table(
    'activity', sa.column('id', sa.Uuid()), sa.column('revision', sa.Integer())
)


def upgrade() -> None:
    if op.get_bind().dialect.name != 'sqlite':
        # SQLite made it with the table; elsewhere the first migration left it out.
        op.create_foreign_key('fk_team_manager_id', 'team', 'person', ['manager_id'], ['id'])
    with op.batch_alter_table('activity_capture') as batch_op:
        batch_op.add_column(sa.Column('revision', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('customer_ids', sa.JSON(), nullable=False, server_default='[]'))
    with op.batch_alter_table('activity_capture') as batch_op:
        batch_op.alter_column('revision', server_default=None)
        batch_op.alter_column('customer_ids', server_default=None)
    connection = op.get_bind()
    # Until now a link did not tell whose it was: each capture is taken to have said them all.
    links: dict[UUID, list[int]] = {}
    for key, customer in connection.execute(
        sa.select(link.c.activity_id, link.c.customer_id).where(link.c.why != 'manual')
    ):
        links.setdefault(key, []).append(customer)
    revisions = dict(connection.execute(sa.select(activity.c.id, activity.c.revision)).all())
    for key, customers in links.items():
        connection.execute(
            capture.update()
            .where(capture.c.activity_id == key)
            .values(customer_ids=sorted(customers), revision=revisions[key])
        )


def downgrade() -> None:
    with op.batch_alter_table('activity_capture') as batch_op:
        batch_op.drop_column('customer_ids')
        batch_op.drop_column('revision')
    if op.get_bind().dialect.name != 'sqlite':
        op.drop_constraint('fk_team_manager_id', 'team', type_='foreignkey')
