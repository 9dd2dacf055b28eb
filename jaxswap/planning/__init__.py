"""What the training step needs on devices that need not be here, from its compiled program."""
