"""Swapped faces put back into footage."""
