"""ESCO as it is imported: concepts, names in many languages, relations, in editions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "esco_parts",
        sa.Column("edition", NUMBER, sa.Identity(always=False)),
        *_texts("version", "part", "language", "state", "digest"),
        sa.Column("entries", sa.BigInteger, nullable=False),
        *_texts("imported_at"),
        sa.PrimaryKeyConstraint("edition", name=op.f("pk_esco_parts")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "esco_concepts",
        sa.Column("edition", sa.BigInteger, nullable=False),
        *_texts("uri", "kind", "skill_type", "reuse_level", "code", "status"),
        sa.PrimaryKeyConstraint("edition", "uri", name=op.f("pk_esco_concepts")),
    )
    _indexed("esco_names", ("uri", "kind", "words", "folded"), ("folded", "uri", "edition"))
    _indexed("esco_relations", ("origin", "kind", "target"), ("origin", "target", "edition"))


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _indexed(table: str, texts: tuple[str, ...], indexes: tuple[str, ...]) -> None:
    op.create_table(table, sa.Column("edition", sa.BigInteger, nullable=False), *_texts(*texts))
    for column in indexes:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    for table in ("esco_relations", "esco_names", "esco_concepts", "esco_parts"):
        op.drop_table(table)
