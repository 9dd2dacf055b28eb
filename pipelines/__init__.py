"""The way of the chips: from facesets to a TFDS dataset, and from there to batches."""
