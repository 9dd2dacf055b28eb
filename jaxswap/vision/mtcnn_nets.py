"""The three nets of MTCNN in linen, as the `mtcnn` package built them in Keras.

Inputs are RGB in [-1, 1], (x - 127.5) / 128 of 0..255. Each net gives box offsets and the
probability of a face; the last one also five points. A CPU is idle for the most part below some 32
channels, so the first net stacks neighbouring pixels as channels.

Reference: Zhang et al. 2016, https://arxiv.org/abs/1604.02878
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

CELL = 12  # side of what one output of the first net sees, in pixels
STRIDE = 2
CROP_SIZES = {"rnet": 24, "onet": 48}
PRECISION = jax.lax.Precision.HIGHEST  # else a GPU or TPU rounds to 10 or 8 bits, and faces differ
_NEVER = -1e6  # below what the first convolution gives, and finite


class PReLU(nn.Module):
    """x where positive, alpha * x elsewhere; one alpha a channel."""

    @nn.compact
    def __call__(self, x: Float[Array, "*b c"]) -> Float[Array, "*b c"]:
        alpha = self.param("alpha", nn.initializers.constant(0.25), (x.shape[-1],))
        return jnp.maximum(x, 0) + alpha * jnp.minimum(x, 0)


class PhasedConv(nn.Module):
    """A 3x3 convolution whose outputs come as the four phases of 2x2 pooling.

    Equal to `nn.Conv(features, (3, 3), padding="VALID")`, with 12 channels into 40 for 3 into 10.
    """

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b ph pw 4 f"]:
        b, h, w, c = x.shape
        init = nn.initializers.lecun_normal()
        kernel = self.param("kernel", init, (3, 3, c, self.features))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        shifted = [
            jnp.pad(kernel, ((i, 1 - i), (j, 1 - j), (0, 0), (0, 0))) for i, j in np.ndindex(2, 2)
        ]
        kernels = jnp.stack(shifted, axis=3).reshape(2, 2, 2, 2, c, 4 * self.features)
        kernels = kernels.transpose(0, 2, 1, 3, 4, 5).reshape(2, 2, 4 * c, 4 * self.features)
        stacked = x.reshape(b, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 2, 4, 5)
        y = jax.lax.conv_general_dilated(
            stacked.reshape(b, h // 2, w // 2, 4 * c),
            kernels,
            window_strides=(1, 1),
            padding="VALID",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            precision=PRECISION,
        )
        return y.reshape(*y.shape[:3], 4, self.features) + bias


class PairedConv(nn.Module):
    """Equal to `nn.Conv(features, (3, 3), padding="VALID")`, two neighbours of a row at a time.

    The kernel is four wide and a third of it is zero, yet with 32 channels out for 16 it takes half
    of a CPU's time.
    """

    features: int

    @nn.compact
    def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b oh ow f"]:
        init = nn.initializers.lecun_normal()
        kernel = self.param("kernel", init, (3, 3, x.shape[-1], self.features))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        shifted = [jnp.pad(kernel, ((0, 0), (i, 1 - i), (0, 0), (0, 0))) for i in range(2)]
        width = x.shape[2] - 2
        y = jax.lax.conv_general_dilated(
            jnp.pad(x, ((0, 0), (0, 0), (0, width % 2), (0, 0))),
            jnp.concatenate(shifted, axis=3),
            window_strides=(1, 2),
            padding="VALID",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            precision=PRECISION,
        )
        return y.reshape(*y.shape[:2], -1, self.features)[:, :, :width] + bias


class PNet(nn.Module):
    """Proposals: a fully convolutional net over tiles of even sides that show pyramid levels."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w 3"], inside: Bool[Array, "b ch cw"]
    ) -> tuple[Float[Array, "b oh ow 4"], Float[Array, "b oh ow"]]:
        """Box offsets and face probability of each cell.

        `inside` says which outputs of the first convolution lie within a level: what lies outside
        must not reach the pooling, whose last window may hang over a level's edge.
        """
        x = PReLU()(PhasedConv(10, name="Conv_0")(x))
        b, ch, cw = inside.shape
        phases = inside.reshape(b, ch // 2, 2, cw // 2, 2).swapaxes(2, 3)
        x = jnp.where(phases.reshape(b, ch // 2, cw // 2, 4, 1), x, _NEVER).max(axis=3)
        x = PReLU()(PairedConv(16, name="Conv_1")(x))
        x = PReLU()(_conv(32, 3, name="Conv_2")(x))
        x = _conv(6, 1, name="Conv_3")(x)
        return x[..., :4], jax.nn.softmax(x[..., 4:])[..., 1]


class RNet(nn.Module):
    """Refinement of proposals, 24 px."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "b 24 24 3"]
    ) -> tuple[Float[Array, "b 4"], Float[Array, " b"]]:
        """Box offsets and face probability."""
        x = PReLU()(_conv(28, 3)(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        x = PReLU()(_conv(48, 3)(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="VALID")
        x = PReLU()(_conv(64, 2)(x))
        x = _flatten(x)
        x = PReLU()(_dense(128)(x))
        return _dense(4)(x), jax.nn.softmax(_dense(2)(x))[..., 1]


class ONet(nn.Module):
    """Output: final boxes and five points, 48 px."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "b 48 48 3"]
    ) -> tuple[Float[Array, "b 4"], Float[Array, "b 10"], Float[Array, " b"]]:
        """Box offsets, points (five x, then five y, as shares of the box), face probability."""
        x = PReLU()(_conv(32, 3)(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        x = PReLU()(_conv(64, 3)(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="VALID")
        x = PReLU()(_conv(64, 3)(x))
        x = nn.max_pool(x, (2, 2), strides=(2, 2), padding="SAME")
        x = PReLU()(_conv(128, 2)(x))
        x = _flatten(x)
        x = PReLU()(_dense(256)(x))
        return _dense(4)(x), _dense(10)(x), jax.nn.softmax(_dense(2)(x))[..., 1]


def _flatten(x: Float[Array, "b h w c"]) -> Float[Array, "b n"]:
    # The weights come from Caffe, which kept columns before rows.
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], -1)


def _conv(features: int, size: int, *, name: str | None = None) -> nn.Conv:
    return nn.Conv(features, (size, size), padding="VALID", precision=PRECISION, name=name)


def _dense(features: int) -> nn.Dense:
    return nn.Dense(features, precision=PRECISION)
