"""PostgreSQL tells who listens that there is something to send to partners."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER shares_told AFTER INSERT ON shares FOR EACH STATEMENT EXECUTE FUNCTION vet_hub_tell()"
        )


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER shares_told ON shares")
