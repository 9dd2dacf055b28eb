"""One convolution for every platform, fast where the gradients of XLA:CPU are not.

`fast` and `exact` are called as `lax.conv_general_dilated` is, and linen's layers take them in its
place: `nn.Conv(..., conv_general_dilated=platforms.fast)`. On TPU and GPU both are XLA's own
convolution. On CPU a layer takes the formulation that `choice` finds for its shape, and XLA's own
where none is written for it. The choice is made when the program is lowered for a platform, so that
parameters, checkpoints and exported programs are the same everywhere.

The choice sits inside a custom derivative whose two rules hold a platform switch each. So the
switch itself is never differentiated, which would keep what the gradients of *all* its branches
need, and only the layer's input and kernel are kept for the backward pass. There is reverse mode
alone for such a layer: `jax.jvp` of it is an error.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from jaxswap.convolutions import choice, formulations

Padding = str | Sequence[tuple[int, int]]


def fast(
    lhs: Array, rhs: Array, window_strides: Sequence[int], padding: Padding, **options: Any
) -> Array:
    """`lax.conv_general_dilated`; on CPU by Winograd's algorithm where that pays.

    Args:
        lhs: the maps.
        rhs: the kernel.
        window_strides: along each side.
        padding: SAME, VALID, or pixels before and after along each side.
        options: all other arguments of `lax.conv_general_dilated`.
    """
    return _convolve(lhs, rhs, window_strides, padding, options, precision="fast")


def exact(
    lhs: Array, rhs: Array, window_strides: Sequence[int], padding: Padding, **options: Any
) -> Array:
    """`lax.conv_general_dilated`, called like `fast`; on CPU in another order of its sums."""
    return _convolve(lhs, rhs, window_strides, padding, options, precision="exact")


BY_PRECISION: dict[choice.Precision, Callable[..., Array]] = {"fast": fast, "exact": exact}


def _convolve(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: Padding,
    options: Mapping[str, Any],
    *,
    precision: choice.Precision,
) -> Array:
    if _is_served(lhs, rhs, window_strides, padding, options):
        stride = window_strides[0]
        if lhs.dtype != jnp.float32:  # Winograd's sums would err by a tenth in bfloat16
            precision = "exact"
        chosen = choice.cpu_formulation(lhs.shape, rhs.shape, stride=stride, precision=precision)
        if chosen != formulations.DIRECT:
            return _switched(lhs, rhs, stride, precision)
    return lax.conv_general_dilated(lhs, rhs, window_strides, padding, **options)


def _is_served(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: Padding,
    options: Mapping[str, Any],
) -> bool:
    """Whether a convolution is of the kind that the formulations are written for."""
    plain = {"feature_group_count": 1, "batch_group_count": 1}
    plain |= dict.fromkeys(("lhs_dilation", "rhs_dilation"), (1,) * (lhs.ndim - 2))
    for name, value in options.items():
        if value is None or name == "dimension_numbers":
            continue
        if name not in plain or value != plain[name]:
            return False
    if lhs.ndim != 4 or lhs.dtype != rhs.dtype or not jnp.issubdtype(lhs.dtype, jnp.floating):
        return False
    numbers = options.get("dimension_numbers")
    shapes = lhs.shape, rhs.shape
    if lax.conv_dimension_numbers(*shapes, numbers) != lax.conv_dimension_numbers(
        *shapes, formulations.DIMENSIONS
    ):
        return False
    if len({*rhs.shape[:2]}) > 1 or len({*window_strides}) > 1:
        return False
    if isinstance(padding, str):
        return padding.upper() == "SAME"
    same = [
        formulations.same_padding(side, rhs.shape[0], window_strides[0]) for side in lhs.shape[1:3]
    ]
    return [tuple(pair) for pair in padding] == same


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _switched(
    x: Float[Array, "n h w c_in"],
    kernel: Float[Array, "k k c_in c_out"],
    stride: int,
    precision: choice.Precision,
) -> Float[Array, "n oh ow c_out"]:
    """Convolution with SAME padding, written as the platform wants it."""
    chosen = choice.cpu_formulation(x.shape, kernel.shape, stride=stride, precision=precision)
    return lax.platform_dependent(
        x,
        kernel,
        cpu=functools.partial(chosen.forward, stride=stride),
        default=functools.partial(formulations.direct_forward, stride=stride),
    )


def _forward(
    x: Array, kernel: Array, stride: int, precision: choice.Precision
) -> tuple[Array, tuple[Array, Array]]:
    return _switched(x, kernel, stride, precision), (x, kernel)


def _backward(
    stride: int, precision: choice.Precision, kept: tuple[Array, Array], dy: Array
) -> tuple[Array, Array]:
    x, kernel = kept
    chosen = choice.cpu_formulation(x.shape, kernel.shape, stride=stride, precision=precision)
    # Two switches, not one: the gradient that nobody asks for is then dropped with its branch.
    dx = lax.platform_dependent(
        x,
        kernel,
        dy,
        cpu=functools.partial(chosen.input_gradient, stride=stride),
        default=functools.partial(formulations.direct_input_gradient, stride=stride),
    )
    dkernel = lax.platform_dependent(
        x,
        kernel,
        dy,
        cpu=functools.partial(chosen.kernel_gradient, stride=stride),
        default=functools.partial(formulations.direct_kernel_gradient, stride=stride),
    )
    return dx, dkernel


_switched.defvjp(_forward, _backward)
