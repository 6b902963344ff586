"""SIGKILL anywhere: hubs are killed in the middle of their work, and after the restart every promise must hold.

A schedule is drawn from a seed; the test process is the partners (`client`), the mail server and, at the end, the judge
(`evidence`, `promises`). `make torture` runs many schedules, `tests/delivery/test_kill.py` some.
"""
