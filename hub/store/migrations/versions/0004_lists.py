"""Lists of the console: where needs and offers are, and what moved last in each state."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LISTED = ("needs", "gaps", "requests")

SQLITE_OF = {
    "needs": "SELECT l.value ->> 'nuts' AS nuts FROM json_each({row}.body, '$.told.locations') l",
    "offers": "SELECT {row}.body ->> '$.told.location.nuts' AS nuts",
}
SQLITE_WHERE = {"needs": "$.told.locations", "offers": "$.told.location"}
POSTGRES_OF = {
    "needs": "SELECT l ->> 'nuts' AS nuts FROM json_array_elements(CAST({row}.body AS json) -> 'told' -> 'locations') l",
    "offers": "SELECT CAST({row}.body AS json) #>> '{{told,location,nuts}}' AS nuts",
}
POSTGRES_WHERE = {"needs": "{told,locations}", "offers": "{told,location}"}


def upgrade() -> None:
    """Apply."""
    postgres = op.get_bind().dialect.name == "postgresql"
    op.execute(
        "CREATE TABLE places (region TEXT NOT NULL, key TEXT NOT NULL, "
        f"CONSTRAINT pk_places PRIMARY KEY (region, key)){'' if postgres else ' WITHOUT ROWID'}"
    )
    for table in ("needs", "offers"):
        if postgres:
            _postgres(table)
        else:
            _sqlite(table)
    for table in LISTED:
        op.create_index(op.f(f"ix_{table}_listed"), table, ["state", "clock", "key"])
    op.create_index(op.f("ix_jobs_listed"), "jobs", ["channel", "created_at", "job_id"])


def _sqlite(table: str) -> None:
    lengths = "json_each('[2, 3, 4, 5]') n"

    def regions(row: str) -> str:
        of = SQLITE_OF[table].format(row=row)
        return f"SELECT substr(p.nuts, 1, n.value) FROM ({of}) p, {lengths} WHERE length(p.nuts) >= n.value"

    def put(row: str) -> str:
        of = SQLITE_OF[table].format(row=row)
        return (
            f"INSERT OR IGNORE INTO places (region, key) SELECT substr(p.nuts, 1, n.value), {row}.key "
            f"FROM ({of}) p, {lengths} WHERE length(p.nuts) >= n.value"
        )

    moved = f"OLD.body -> '{SQLITE_WHERE[table]}' IS NOT NEW.body -> '{SQLITE_WHERE[table]}'"
    op.execute(f"CREATE TRIGGER {table}_placed AFTER INSERT ON {table} BEGIN {put('NEW')}; END")
    op.execute(
        f"CREATE TRIGGER {table}_moved AFTER UPDATE OF body ON {table} WHEN {moved} BEGIN "
        f"DELETE FROM places WHERE key = OLD.key AND region IN ({regions('OLD')}); {put('NEW')}; END"
    )
    op.execute(
        "INSERT OR IGNORE INTO places (region, key) SELECT substr(p.nuts, 1, n.value), p.key FROM "
        + (
            f"(SELECT t.key, l.value ->> 'nuts' AS nuts FROM {table} t, json_each(t.body, '$.told.locations') l) p, "
            if table == "needs"
            else f"(SELECT t.key, t.body ->> '$.told.location.nuts' AS nuts FROM {table} t) p, "
        )
        + f"{lengths} WHERE length(p.nuts) >= n.value"
    )


def _postgres(table: str) -> None:
    lengths = "unnest(ARRAY[2, 3, 4, 5]) n"

    def regions(row: str, key: str) -> str:
        of = POSTGRES_OF[table].format(row=row)
        return f"SELECT substr(p.nuts, 1, n){key} FROM ({of}) p, {lengths} WHERE length(p.nuts) >= n"

    put = f"INSERT INTO places (region, key) {regions('NEW', ', NEW.key')} ON CONFLICT DO NOTHING;"
    where = POSTGRES_WHERE[table]
    op.execute(
        f"CREATE FUNCTION {table}_placed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN "
        f"IF CAST(OLD.body AS json) #>> '{where}' IS NOT DISTINCT FROM CAST(NEW.body AS json) #>> '{where}' "
        f"THEN RETURN NULL; END IF; "
        f"DELETE FROM places WHERE key = OLD.key AND region IN ({regions('OLD', '')}); END IF; "
        f"{put} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_placed AFTER INSERT OR UPDATE OF body ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_placed()"
    )
    of = POSTGRES_OF[table].format(row="t")
    op.execute(
        f"INSERT INTO places (region, key) SELECT substr(p.nuts, 1, n), t.key FROM {table} t, "
        f"LATERAL ({of}) p, {lengths} WHERE length(p.nuts) >= n ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    """Undo; the hub itself only goes forward."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in ("needs", "offers"):
        if postgres:
            op.execute(f"DROP TRIGGER {table}_placed ON {table}")
            op.execute(f"DROP FUNCTION {table}_placed()")
        else:
            op.execute(f"DROP TRIGGER {table}_placed")
            op.execute(f"DROP TRIGGER {table}_moved")
    op.drop_table("places")
    for table in LISTED:
        op.drop_index(op.f(f"ix_{table}_listed"), table_name=table)
    op.drop_index(op.f("ix_jobs_listed"), table_name="jobs")
