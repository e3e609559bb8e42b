"""Bring the database to the shape this version needs."""

from pathlib import Path

from sqlalchemy import Engine

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing. Quick when there are none."""
    _migrate(engine, revision, down=revision.startswith("-") or revision == "base")


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to the shape of an earlier version; what it had no place for is gone."""
    _migrate(engine, revision, down=True)


def _migrate(engine: Engine, revision: str, *, down: bool) -> None:
    # Alembic takes a third of a second to import; only who migrates pays for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with engine.connect().execution_options(genjin_write=True) as connection:
        config.attributes["connection"] = connection
        if down:
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
        connection.commit()
