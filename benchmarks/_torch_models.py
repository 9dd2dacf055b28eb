"""The training step in plain PyTorch: the same layers, as a PyTorch user would write them well.

The batches of all identities go through the encoder in one call, the identities one after the
other in the batch, so that each decoder reads a contiguous part. Adam is the fused one. The mask
head and the losses beside L1 are left out: compare with a configuration without them.
"""

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from jaxswap import config
from jaxswap.models import blocks

VARIANTS = ("eager-nchw", "eager-nhwc", "compiled-nchw", "compiled-nhwc")


class Upscale(nn.Module):
    """Convolution 3x3 to four times the features, leaky ReLU, pixel shuffle."""

    def __init__(self, channels: int, features: int):
        super().__init__()
        self.convolution = nn.Conv2d(channels, 4 * features, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.pixel_shuffle(
            functional.leaky_relu(self.convolution(x), blocks.SLOPE), upscale_factor=2
        )


class Autoencoder(nn.Module):
    """One encoder and inter, and a decoder for each identity."""

    def __init__(self, model: config.Model, *, num_identities: int):
        super().__init__()
        widths = (3, *model.encoder.features)
        # Padding is 2 on both sides where TensorFlow and XLA pad 1 and 2: the same work.
        self.encoder = nn.ModuleList(
            nn.Conv2d(c_in, c_out, 5, stride=2, padding=2)
            for c_in, c_out in itertools.pairwise(widths)
        )
        side = model.latent_size
        self.folded = (model.inter.features, side, side)
        self.bottleneck = nn.Linear(widths[-1] * side * side, model.inter.bottleneck)
        self.unfold = nn.Linear(model.inter.bottleneck, model.inter.features * side * side)
        self.upscale = Upscale(model.inter.features, model.inter.upscale)
        self.decoders = nn.ModuleList(decoder(model) for _ in range(num_identities))

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Pictures [b, 3, h, w] of each identity, from all identities' images [i * b, 3, h, w]."""
        x = images
        for convolution in self.encoder:
            x = functional.leaky_relu(convolution(x), blocks.SLOPE)
        x = self.unfold(self.bottleneck(x.flatten(1))).unflatten(1, self.folded)
        latents = self.upscale(x).chunk(len(self.decoders))
        return [own(latent) for own, latent in zip(self.decoders, latents, strict=True)]


def decoder(model: config.Model) -> nn.Module:
    """Upscales and a 5x5 convolution with a sigmoid."""
    widths = (model.inter.upscale, *model.decoder.features)
    upscales = [Upscale(c_in, c_out) for c_in, c_out in itertools.pairwise(widths)]
    return nn.Sequential(*upscales, nn.Conv2d(widths[-1], 3, 5, padding=2), nn.Sigmoid())


def train_step(
    *, configuration: dict[str, Any], num_identities: int, variant: str, device: str = "cpu"
) -> Callable[[], None]:
    """A work for `benchmarks.workers`: one update on a batch that is augmented already.

    On a GPU the work is only begun: `torch.cuda.synchronize` waits for it.

    Args:
        configuration: as `jaxswap.config.to_dict` makes it.
        num_identities: how many decoders.
        variant: one of `VARIANTS`.
        device: of PyTorch. Where the configuration says bfloat16, it is autocast to.
    """
    chosen: config.Config = config.from_dict(config.Config, configuration)
    torch.manual_seed(0)
    rows, side = num_identities * chosen.train.batch_size, chosen.model.image_size
    nhwc = variant.endswith("nhwc")
    layout = torch.channels_last if nhwc else torch.contiguous_format
    model = Autoencoder(chosen.model, num_identities=num_identities)
    model = model.to(device, memory_format=layout)
    warped, target = (
        torch.rand(rows, 3, side, side).to(device, memory_format=layout)
        for _ in ("warped", "target")
    )
    own = chosen.optimizer
    adam = torch.optim.Adam(
        model.parameters(), lr=own.learning_rate, betas=(own.b1, own.b2), eps=own.eps, fused=True
    )

    def loss() -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=chosen.model.dtype == "bfloat16"):
            faces, targets = model(warped), target.chunk(num_identities)
        pairs = zip(faces, targets, strict=True)
        return torch.stack(
            [functional.l1_loss(face.float(), truth) for face, truth in pairs]
        ).mean()

    measured = torch.compile(loss) if variant.startswith("compiled") else loss

    def work() -> None:
        adam.zero_grad()
        measured().backward()
        adam.step()

    return work
