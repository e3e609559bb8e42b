"""sessions, second step, company accounts, one-time links, scopes of tokens, limits, privacy"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
moment = sa.DateTime(timezone=True)


def person(**more: Any) -> 'sa.Column[int]':
    return sa.Column('person_id', row_id, nullable=False, **more)


def upgrade() -> None:
    # In place: other tables point at these.
    op.add_column(
        'person',
        sa.Column('must_change_password', sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column('person', sa.Column('password_changed_at', moment, nullable=True))
    op.add_column('person', sa.Column('erased_at', moment, nullable=True))
    # What was issued before could do everything but administer.
    op.add_column(
        'token',
        sa.Column('scopes', sa.String(length=80), nullable=False, server_default='ingest read write'),
    )
    op.add_column('token', sa.Column('last_used_at', moment, nullable=True))
    op.add_column('token', sa.Column('expires_at', moment, nullable=True))
    op.create_table(
        'browser_session',
        sa.Column('id', row_id, nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        person(),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('method', sa.String(length=20), nullable=False),
        sa.Column('browser', sa.String(length=60), nullable=False),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('seen_at', moment, nullable=False),
        sa.Column('expires_at', moment, nullable=False),
        sa.Column('revoked_at', moment, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name='fk_browser_session_person_id'),
        sa.PrimaryKeyConstraint('id', name='pk_browser_session'),
        sa.UniqueConstraint('digest', name='uq_browser_session_digest'),
    )
    op.create_index('ix_browser_session_person_id', 'browser_session', ['person_id'])
    op.create_table(
        'second_step',
        person(autoincrement=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        sa.Column('confirmed_at', moment, nullable=True),
        sa.Column('last_step', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name='fk_second_step_person_id'),
        sa.PrimaryKeyConstraint('person_id', name='pk_second_step'),
    )
    op.create_table(
        'recovery_code',
        sa.Column('digest', sa.String(length=64), nullable=False),
        person(),
        sa.Column('used_at', moment, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name='fk_recovery_code_person_id'),
        sa.PrimaryKeyConstraint('digest', name='pk_recovery_code'),
    )
    op.create_index('ix_recovery_code_person_id', 'recovery_code', ['person_id'])
    op.create_table(
        'linked_account',
        sa.Column('id', row_id, nullable=False),
        person(),
        sa.Column('issuer', sa.String(length=300), nullable=False),
        sa.Column('subject', sa.String(length=255), nullable=False),
        sa.Column('email', sa.String(length=320), nullable=False),
        sa.Column('linked_at', moment, nullable=False),
        sa.Column('used_at', moment, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name='fk_linked_account_person_id'),
        sa.PrimaryKeyConstraint('id', name='pk_linked_account'),
        sa.UniqueConstraint('issuer', 'subject', name='uq_linked_account_issuer_subject'),
    )
    op.create_index('ix_linked_account_person_id', 'linked_account', ['person_id'])
    op.create_table(
        'password_link',
        sa.Column('digest', sa.String(length=64), nullable=False),
        person(),
        sa.Column('made_by', row_id, nullable=True),
        sa.Column('expires_at', moment, nullable=False),
        sa.Column('used_at', moment, nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name='fk_password_link_person_id'),
        sa.ForeignKeyConstraint(['made_by'], ['person.id'], name='fk_password_link_made_by'),
        sa.PrimaryKeyConstraint('digest', name='pk_password_link'),
    )
    op.create_index('ix_password_link_person_id', 'password_link', ['person_id'])
    op.create_table(
        'rate_count',
        sa.Column('key', sa.String(length=200), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('expires_at', moment, nullable=False),
        sa.PrimaryKeyConstraint('key', name='pk_rate_count'),
    )
    op.create_index('ix_rate_count_expires_at', 'rate_count', ['expires_at'])
    op.create_table(
        'privacy_request',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('at', moment, nullable=False),
        sa.Column('by_id', row_id, nullable=True),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('subject', sa.String(length=60), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('counts', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['by_id'], ['person.id'], name='fk_privacy_request_by_id'),
        sa.PrimaryKeyConstraint('id', name='pk_privacy_request'),
    )
    op.create_index('ix_privacy_request_at', 'privacy_request', ['at'])
    op.create_table(
        'suppressed',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('at', moment, nullable=False),
        sa.PrimaryKeyConstraint('digest', name='pk_suppressed'),
    )
    op.create_index('ix_audit_subject', 'audit', ['subject'])


def downgrade() -> None:
    op.drop_index('ix_audit_subject', table_name='audit')
    for table in (
        'suppressed',
        'privacy_request',
        'rate_count',
        'password_link',
        'linked_account',
        'recovery_code',
        'second_step',
        'browser_session',
    ):
        op.drop_table(table)
    for column in ('expires_at', 'last_used_at', 'scopes'):
        op.drop_column('token', column)
    for column in ('erased_at', 'password_changed_at', 'must_change_password'):
        op.drop_column('person', column)
