"""The main job on embedded footage of two people who do not exist."""
