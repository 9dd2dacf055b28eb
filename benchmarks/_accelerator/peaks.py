"""What the makers say a chip can multiply and add in a second, by what JAX calls the chip.

Dense products; makers often state twice that, for matrices of which half is zero. For a chip that
is not here no share of the peak is given: add it with its source.

Sources: https://resources.nvidia.com/en-us-tensor-core/gtc22-whitepaper-hopper (the H100 with
SXM and PCIe), https://www.nvidia.com/en-us/data-center/h100/ (NVL),
https://www.nvidia.com/en-us/data-center/h200/, https://www.nvidia.com/en-us/data-center/a100/,
https://www.nvidia.com/en-us/data-center/l4/, https://www.nvidia.com/en-us/data-center/l40s/;
of TPUs `jaxswap/planning/chips.py`.
"""

from typing import NamedTuple

from jaxswap.planning import chips


class Peak(NamedTuple):
    """Operations in a second."""

    bfloat16: float
    tf32: float
    """Of float32 as XLA and PyTorch multiply it where they may: with 10 bits behind the point."""
    float32: float | None
    """Of float32 in full; None where the chip has no unit for it."""


_A100 = Peak(312e12, 156e12, 19.5e12)
_H100_SXM = Peak(989.4e12, 494.7e12, 66.9e12)
_HOPPER_NVL = Peak(835.5e12, 417.5e12, 60e12)

PEAKS = {
    "NVIDIA H100 80GB HBM3": _H100_SXM,
    "NVIDIA H100 PCIe": Peak(756e12, 378e12, 51.2e12),
    "NVIDIA H100 NVL": _HOPPER_NVL,
    "NVIDIA H200": _H100_SXM,
    "NVIDIA H200 NVL": _HOPPER_NVL,
    "NVIDIA A100-SXM4-40GB": _A100,
    "NVIDIA A100-SXM4-80GB": _A100,
    "NVIDIA A100-PCIE-40GB": _A100,
    "NVIDIA A100 80GB PCIe": _A100,
    "NVIDIA L4": Peak(121e12, 60e12, 30.3e12),
    "NVIDIA L40S": Peak(362e12, 183e12, 91.6e12),
}
_TPUS = {
    "TPU v4": "v4",
    "TPU v5 lite": "v5e",
    "TPU v5e": "v5e",
    "TPU v5": "v5p",
    "TPU v5p": "v5p",
    "TPU v6 lite": "v6e",
    "TPU v6e": "v6e",
}


def of(kind: str) -> Peak | None:
    """The peak of a chip by JAX's `device_kind`, or None."""
    if kind in _TPUS:
        flops = chips.CHIPS[_TPUS[kind]].bf16_flops  # of float32, too, unless it is told otherwise
        return Peak(flops, flops, None)
    return PEAKS.get(kind)


def flops(kind: str, *, dtype: str, matmul: str | None) -> float | None:
    """The peak for a program, or None if the chip is not known.

    Args:
        kind: JAX's `device_kind`.
        dtype: of the computation, float32 or bfloat16.
        matmul: JAX's precision of products, "highest" for float32 in full; None for its default.
    """
    peak = of(kind)
    if peak is None or dtype == "bfloat16":
        return peak and peak.bfloat16
    return peak.float32 if matmul == "highest" else peak.tf32
