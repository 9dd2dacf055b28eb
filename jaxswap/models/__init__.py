"""The networks: parts of linen layers, how they are joined, and the module of a configuration."""
