"""Delivery: nothing is lost, doubled, overtaken or stuck, whatever is killed."""
