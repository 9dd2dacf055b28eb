"""Work on much footage at once: cut into segments, which Apache Beam gives to many workers."""
