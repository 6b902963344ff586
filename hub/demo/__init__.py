"""The story that `vet-hub demo` plays: its data as plain tables, its events, and the player that posts them.

Everything goes in through the real ingest with each organisation's own key; nothing here knows the terminal.
"""
