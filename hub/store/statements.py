"""SQL texts compiled once: the same string gives the same statement object, which SQLAlchemy then caches by identity."""

from functools import cache

from sqlalchemy import TextClause, text


@cache
def statement(sql: str) -> TextClause:
    """Return the statement for an SQL text; texts are written in the code, so there are few of them."""
    return text(sql)
