"""Faces: found, tracked, aligned, cut into chips and kept as a faceset."""
