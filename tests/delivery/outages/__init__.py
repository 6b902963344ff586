"""Services that go away while events come in: what was accepted is there, once, and the hub goes on by itself."""
