"""One jitted step for all identities, and the loop around it."""
