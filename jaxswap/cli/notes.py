# pyright: strict
"""What a report notices, printed for people."""

from collections.abc import Sequence

MOST = 20


def show(notices: Sequence[str]) -> None:
    """Print a line for each, and of a great many the first and how many more there are."""
    for line in notices[:MOST]:
        print(f"Note: {line}")
    if len(notices) > MOST:
        print(f"Note: {len(notices) - MOST} more such lines are in the report of --json")
