"""The layers of a model and what they cost, read off the model itself while it is traced."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from benchmarks import measuring
from jaxswap import config
from jaxswap.models import building, topologies

PICTURE_CHANNELS = 3


class Layer(NamedTuple):
    """One convolution or dense layer; a decoder's appear once for each identity."""

    name: str
    x_shape: tuple[int, ...]
    kernel_shape: tuple[int, ...]
    """Of a convolution (h, w, in, out), of a dense layer (in, out)."""
    stride: int
    y_shape: tuple[int, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the forward pass as a direct convolution."""
        return math.prod(self.y_shape[:-1]) * math.prod(self.kernel_shape)

    @property
    def reads_picture(self) -> bool:
        """It is a first layer, whose input needs no gradient."""
        return len(self.kernel_shape) == 4 and self.kernel_shape[-2] <= PICTURE_CHANNELS

    @property
    def product(self) -> tuple[int, int, int]:
        """Rows, inner size and columns of the forward pass as one matrix product."""
        rows, columns = math.prod(self.y_shape[:-1]), self.kernel_shape[-1]
        return rows, math.prod(self.kernel_shape[:-1]), columns


def layers(model: config.Model, *, batch_size: int, num_identities: int = 2) -> list[Layer]:
    """All layers of a reconstruction, in the order of their calls; nothing is computed."""
    found: list[Layer] = []

    def note(call: Any, args: Any, kwargs: Any, context: nn.module.InterceptorContext) -> Any:
        y = call(*args, **kwargs)
        module = context.module
        if context.method_name == "__call__" and isinstance(module, nn.Conv | nn.Dense):
            kernel = module.get_variable("params", "kernel")
            stride = getattr(module, "strides", 1)
            found.append(Layer(_name(module), args[0].shape, kernel.shape, stride, y.shape))
        return y

    net, shown = building.build(model), measuring.names(num_identities)

    def reconstruct(key: jax.Array, pictures: jax.Array, masks: jax.Array) -> topologies.Outputs:
        params = net.init(key, identities=shown)
        found.clear()  # `init` calls the layers too
        return net(params, pictures, shown=shown, masks=masks)

    side = model.image_size
    shapes = [
        jax.ShapeDtypeStruct((batch_size, num_identities, side, side, channels), jnp.float32)
        for channels in (PICTURE_CHANNELS, 1)
    ]
    with nn.intercept_methods(note):
        jax.eval_shape(reconstruct, jax.eval_shape(lambda: jax.random.key(0)), *shapes)
    return found


def step_flop(found: Sequence[Layer]) -> int:
    """Floating point operations of a training step by direct convolution.

    A multiply-accumulate is two. The forward pass and both gradients cost the same, and a first
    layer has no gradient of its input. Activations, loss and optimizer are not counted.
    """
    return 2 * sum((2 if layer.reads_picture else 3) * layer.macs for layer in found)


def step_bytes(found: Sequence[Layer], *, parameters: int) -> int:
    """Memory that a float32 training step cannot do without.

    Parameters, gradients and Adam's two moments, and the output of every layer, which the backward
    pass reads.
    """
    return 4 * (4 * parameters + sum(math.prod(layer.y_shape) for layer in found))


def _name(module: nn.Module) -> str:
    root = module
    while isinstance(root.parent, nn.Module):
        root = root.parent
    return " ".join([type(root).__name__, *module.path])
