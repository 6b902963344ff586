"""The rules by which a need meets courses: pure functions over frozen values, no store, no clock, no events."""
