"""The hub over HTTP: events in, the present state out, health and figures. Knows the framework; nobody below does."""
