"""`python -m hub` is `vet-hub`."""

from hub.cli import main

main()
