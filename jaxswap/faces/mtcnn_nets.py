"""The three nets of MTCNN in linen, as the `mtcnn` package built them in Keras.

Inputs are RGB in [-1, 1], (x - 127.5) / 128 of 0..255. Each net gives box offsets and the
probability of a face; the last one also five points.

Reference: Zhang et al. 2016, https://arxiv.org/abs/1604.02878
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

CELL = 12  # side of what one output of the first net sees, in pixels
STRIDE = 2
CROP_SIZES = {"rnet": 24, "onet": 48}


class PReLU(nn.Module):
    """x where positive, alpha * x elsewhere; one alpha a channel."""

    @nn.compact
    def __call__(self, x: Float[Array, "*b c"]) -> Float[Array, "*b c"]:
        alpha = self.param("alpha", nn.initializers.constant(0.25), (x.shape[-1],))
        return jnp.maximum(x, 0) + alpha * jnp.minimum(x, 0)


class PNet(nn.Module):
    """Proposals: a fully convolutional net over a mosaic of pyramid levels."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w 3"], inside: Bool[Array, "b ch cw"]
    ) -> tuple[Float[Array, "b oh ow 4"], Float[Array, "b oh ow"]]:
        """Box offsets and face probability of each cell.

        `inside` says which outputs of the first convolution lie within a level: what lies outside
        must not reach the pooling, whose last window may hang over a level's edge.
        """
        x = PReLU()(nn.Conv(10, (3, 3), padding="VALID")(x))
        x = jnp.where(inside[..., None], x, -jnp.inf)
        x = nn.max_pool(x, (2, 2), strides=(2, 2), padding="SAME")
        x = jnp.where(jnp.isfinite(x), x, 0.0)
        x = PReLU()(nn.Conv(16, (3, 3), padding="VALID")(x))
        x = PReLU()(nn.Conv(32, (3, 3), padding="VALID")(x))
        return nn.Conv(4, (1, 1))(x), jax.nn.softmax(nn.Conv(2, (1, 1))(x))[..., 1]


class RNet(nn.Module):
    """Refinement of proposals, 24 px."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "b 24 24 3"]
    ) -> tuple[Float[Array, "b 4"], Float[Array, " b"]]:
        """Box offsets and face probability."""
        x = PReLU()(nn.Conv(28, (3, 3), padding="VALID")(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        x = PReLU()(nn.Conv(48, (3, 3), padding="VALID")(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="VALID")
        x = PReLU()(nn.Conv(64, (2, 2), padding="VALID")(x))
        x = _flatten(x)
        x = PReLU()(nn.Dense(128)(x))
        return nn.Dense(4)(x), jax.nn.softmax(nn.Dense(2)(x))[..., 1]


class ONet(nn.Module):
    """Output: final boxes and five points, 48 px."""

    @nn.compact
    def __call__(
        self, x: Float[Array, "b 48 48 3"]
    ) -> tuple[Float[Array, "b 4"], Float[Array, "b 10"], Float[Array, " b"]]:
        """Box offsets, points (five x, then five y, as shares of the box), face probability."""
        x = PReLU()(nn.Conv(32, (3, 3), padding="VALID")(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        x = PReLU()(nn.Conv(64, (3, 3), padding="VALID")(x))
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="VALID")
        x = PReLU()(nn.Conv(64, (3, 3), padding="VALID")(x))
        x = nn.max_pool(x, (2, 2), strides=(2, 2), padding="SAME")
        x = PReLU()(nn.Conv(128, (2, 2), padding="VALID")(x))
        x = _flatten(x)
        x = PReLU()(nn.Dense(256)(x))
        return nn.Dense(4)(x), nn.Dense(10)(x), jax.nn.softmax(nn.Dense(2)(x))[..., 1]


def _flatten(x: Float[Array, "b h w c"]) -> Float[Array, "b n"]:
    # The weights come from Caffe, which kept columns before rows.
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], -1)
