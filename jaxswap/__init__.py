"""jaxswap: video face swapping with a shared-encoder autoencoder in JAX."""
