"""Coordinators' mornings: `scene` reads what is under way, `lines` chooses what one reader is told, `board` serves handlers."""
