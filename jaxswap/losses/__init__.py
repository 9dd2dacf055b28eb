"""What the decoders are asked for."""
