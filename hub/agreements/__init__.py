"""Work-based-learning agreements: who must sign, what the law asks, and the document. Pure; nothing here reads a store."""
