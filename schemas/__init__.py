"""Shapes: what stands inside the events and crosses the border as JSON. Imports nothing of ours."""
