"""Skills: ESCO as it is imported, the pack that comes with the hub, and the way from words to concepts."""
