"""The sections of `python -m benchmarks accelerator`, each of which runs in its own process."""
