"""the customer file: tags, own fields, posts, absences, corrections and lessons, search, recordings"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from server.customers.words import Words, words_of
from server.kernel.db import UtcDateTime

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
SEARCHED = """
CREATE VIRTUAL TABLE search_fts USING fts5(
  words, content='search_entry', content_rowid='id', detail='none', tokenize='unicode61'
)"""
# FTS5 has to be told the old words of what goes.
TRIGGERS = (
    """CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
  INSERT INTO search_fts(rowid, words) VALUES (new.id, new.words);
END""",
    """CREATE TRIGGER search_entry_gone AFTER DELETE ON search_entry BEGIN
  INSERT INTO search_fts(search_fts, rowid, words) VALUES ('delete', old.id, old.words);
END""",
    """CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN
  INSERT INTO search_fts(search_fts, rowid, words) VALUES ('delete', old.id, old.words);
  INSERT INTO search_fts(rowid, words) VALUES (new.id, new.words);
END""",
)


def ref(name: str, target: str, **more: Any) -> "sa.Column[int]":
    return sa.Column(name, row_id, sa.ForeignKey(target), **more)


def upgrade() -> None:
    # In place: other tables point at these.
    op.add_column('customer', sa.Column('size', sa.String(60), nullable=False, server_default=''))
    op.add_column('customer', sa.Column('custom', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('customer', sa.Column('merged_into_id', row_id, nullable=True))
    op.create_index('ix_customer_merged_into_id', 'customer', ['merged_into_id'])
    op.add_column('identity_key', sa.Column('until', UtcDateTime(), nullable=True))
    op.add_column('activity_customer', sa.Column('thread', sa.String(128), nullable=True))
    op.create_index(
        'ix_activity_customer_thread', 'activity_customer', ['customer_id', 'thread', 'occurred_at']
    )
    op.create_table(
        'customer_tag',
        ref('customer_id', 'customer.id', primary_key=True, autoincrement=False),
        sa.Column('tag', sa.String(40), primary_key=True),
    )
    op.create_index('ix_customer_tag_tag', 'customer_tag', ['tag'])
    op.create_table(
        'custom_field',
        sa.Column('id', row_id, primary_key=True),
        sa.Column('name', sa.String(60), nullable=False),
        sa.Column('kind', sa.String(10), nullable=False),
        sa.Column('choices', sa.JSON(), nullable=False),
        sa.Column('active', sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_table(
        'post',
        sa.Column('id', row_id, primary_key=True),
        ref('contact_id', 'contact.id', nullable=False),
        ref('customer_id', 'customer.id', nullable=False),
        sa.Column('title', sa.String(120), nullable=False),
        sa.Column('since', UtcDateTime(), nullable=True),
        sa.Column('until', UtcDateTime(), nullable=True),
    )
    op.create_index('ix_post_contact_id', 'post', ['contact_id'])
    op.create_index('ix_post_customer_id', 'post', ['customer_id'])
    op.create_table(
        'absence',
        sa.Column('id', row_id, primary_key=True),
        ref('person_id', 'person.id', nullable=False),
        ref('stand_in_id', 'person.id', nullable=True),
        sa.Column('first_day', sa.Date(), nullable=False),
        sa.Column('last_day', sa.Date(), nullable=False),
        sa.Column('note', sa.String(200), nullable=False),
    )
    op.create_index('ix_absence_person_id', 'absence', ['person_id'])
    op.create_index('ix_absence_last_day', 'absence', ['last_day'])
    op.create_table(
        'correction',
        sa.Column('id', row_id, primary_key=True),
        sa.Column('kind', sa.String(10), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        ref('by_id', 'person.id', nullable=True),
        ref('from_id', 'customer.id', nullable=False),
        ref('to_id', 'customer.id', nullable=False),
        sa.Column('data', sa.JSON(), nullable=False),
        sa.Column('undone_at', UtcDateTime(), nullable=True),
        ref('undone_by_id', 'person.id', nullable=True),
    )
    for column in ('by_id', 'from_id', 'to_id'):
        op.create_index(f'ix_correction_{column}', 'correction', [column])
    op.create_table(
        'lesson',
        sa.Column('id', row_id, primary_key=True),
        ref('correction_id', 'correction.id', nullable=False),
        ref('customer_id', 'customer.id', nullable=False),
        sa.Column('kind', sa.String(10), nullable=False),
        sa.Column('value', sa.String(320), nullable=False),
    )
    op.create_index('ix_lesson_correction_id', 'lesson', ['correction_id'])
    op.create_index('ix_lesson_customer_id', 'lesson', ['customer_id'])
    op.create_index('ix_lesson_lookup', 'lesson', ['kind', 'value'])
    op.create_table(
        'recording',
        sa.Column('activity_id', sa.Uuid(), sa.ForeignKey('activity.id'), primary_key=True),
        ref('person_id', 'person.id', nullable=True),
        sa.Column('media_type', sa.String(60), nullable=False),
        sa.Column('size', row_id, nullable=False),
        sa.Column('digest', sa.String(64), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
    )
    op.create_table(
        'search_entry',
        sa.Column('id', row_id, primary_key=True),
        ref('customer_id', 'customer.id', nullable=True, unique=True),
        sa.Column(
            'activity_id', sa.Uuid(), sa.ForeignKey('activity.id'), nullable=True, unique=True
        ),
        sa.Column('words', Words(), nullable=False),
    )
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(SEARCHED)
        for trigger in TRIGGERS:
            op.execute(trigger)
    fill()
    if op.get_bind().dialect.name == 'postgresql':
        op.create_index(
            'ix_search_entry_words', 'search_entry', ['words'], postgresql_using='gin'
        )


def fill() -> None:
    """What the new tables say of what is there already."""
    op.execute(
        'UPDATE activity_customer SET thread = '
        '(SELECT thread FROM activity WHERE activity.id = activity_customer.activity_id)'
    )
    op.execute(
        'INSERT INTO post (contact_id, customer_id, title) SELECT id, customer_id, title FROM contact'
    )
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(
        connection, only=('customer', 'contact', 'identity_key', 'activity', 'activity_participant')
    )
    customer, contact, key, activity, participant = (
        tables.tables[name]
        for name in ('customer', 'contact', 'identity_key', 'activity', 'activity_participant')
    )
    entry = sa.table(
        'search_entry',
        sa.column('customer_id', row_id),
        sa.column('activity_id', sa.Uuid()),
        sa.column('words', Words()),
    )
    for some in batches(connection, customer.c.id, customer.c.name):
        texts = {number: [name] for number, name in some}
        for table, column in ((contact, contact.c.name), (key, key.c.value)):
            rows = connection.execute(
                sa.select(table.c.customer_id, column).where(table.c.customer_id.in_(texts))
            )
            for number, text in rows:
                texts[number].append(text)
        held_rows = [
            {'customer_id': number, 'activity_id': None, 'words': words_of(*held, inside=True)}
            for number, held in texts.items()
        ]
        connection.execute(entry.insert(), held_rows)
    ident = sa.type_coerce(activity.c.id, sa.Uuid())
    of = sa.type_coerce(participant.c.activity_id, sa.Uuid())
    for some in batches(connection, ident, activity.c.subject, activity.c.text):
        texts = {number: [subject, text] for number, subject, text in some}
        for number, name, email in connection.execute(
            sa.select(of, participant.c.name, participant.c.email).where(of.in_(texts))
        ):
            texts[number] += [name, email or '']
        held_rows = [
            {'customer_id': None, 'activity_id': number, 'words': words_of(*held)}
            for number, held in texts.items()
        ]
        connection.execute(entry.insert(), held_rows)


def batches(
    connection: sa.Connection, ident: Any, *columns: Any, size: int = 500
) -> Iterator[Any]:
    last = None
    while True:
        query = sa.select(ident, *columns).order_by(ident).limit(size)
        if last is not None:
            query = query.where(ident > last)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1][0]
        yield rows


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE search_fts')
    for table in (
        'search_entry',
        'recording',
        'lesson',
        'correction',
        'absence',
        'post',
        'custom_field',
        'customer_tag',
    ):
        op.drop_table(table)
    op.drop_index('ix_activity_customer_thread', 'activity_customer')
    op.drop_column('activity_customer', 'thread')
    op.drop_column('identity_key', 'until')
    op.drop_index('ix_customer_merged_into_id', 'customer')
    for column in ('merged_into_id', 'custom', 'size'):
        op.drop_column('customer', column)
