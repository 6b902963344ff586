"""Whole stories through a whole hub, seen from outside."""
