"""Tests, in folders named for a behaviour and never for a package."""
