"""What the hub costs, measured against bare loops that do the same by hand: `python -m tests.bench`, or `make bench`."""
