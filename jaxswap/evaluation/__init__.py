"""How well a run reconstructs and swaps, in numbers and pictures."""
