"""Which releases may work on a schema; and PostgreSQL tells who listens that rows for relay or courier were committed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TOLD = ("outbox", "jobs")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "schema_terms",
        sa.Column("oldest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("oldest", name="pk_schema_terms"),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    # Told when the transaction commits, and once however many rows it has: a trigger of the statement, not of the row.
    op.execute(
        "CREATE FUNCTION vet_hub_tell() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('vet_hub', TG_TABLE_NAME); RETURN NULL; END $$"
    )
    for table in TOLD:
        op.execute(
            f"CREATE TRIGGER {table}_told AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION vet_hub_tell()"
        )
