"""Random changes of chips, on the device, inside the training step."""
