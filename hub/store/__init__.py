"""SQL lives here and nowhere else: one function per question, the same on SQLite and PostgreSQL."""
