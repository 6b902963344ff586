"""The console: pages for people over the hub's present state. Server-drawn; knows the store's questions, no handler."""
