"""The autoencoder: encoder, inter, decoders and mask heads."""
