"""Convolutions that are fast on CPU, too, for `nn.Conv(conv_general_dilated=...)`."""
