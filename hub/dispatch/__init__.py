"""The heart: routers collect handlers, the unit of work remembers, the executor runs batches, parking keeps what waits."""
