"""Mails: kinds (what they say), render (in whose language), message (the bytes), deliver and retry (the way out)."""
