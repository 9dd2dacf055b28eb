"""What the makers of the chips say of them.

Sources: https://cloud.google.com/tpu/docs/v4, https://cloud.google.com/tpu/docs/v5e,
https://cloud.google.com/tpu/docs/v5p, https://cloud.google.com/tpu/docs/v6e (read in 2026).
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Chip:
    """Figures of one chip.

    Attributes:
        bf16_flops: peak of multiplications and additions in a second. XLA multiplies float32 in
            bfloat16, too, unless it is told otherwise, so this is the peak of both.
        hbm_bytes_per_s: bandwidth of its memory.
        hbm_bytes: size of its memory. Makers count it in units of 2^30.
    """

    bf16_flops: float
    hbm_bytes_per_s: float
    hbm_bytes: int

    @property
    def ridge(self) -> float:
        """Operations for each byte from which on the peak and not the memory is the bound.

        Reference: Williams, Waterman and Patterson 2009, https://doi.org/10.1145/1498765.1498785
        """
        return self.bf16_flops / self.hbm_bytes_per_s


CHIPS = {
    "v4": Chip(275e12, 1228e9, 32 * 2**30),
    "v5e": Chip(197e12, 819e9, 16 * 2**30),
    "v5p": Chip(459e12, 2765e9, 95 * 2**30),
    "v6e": Chip(918e12, 1638e9, 32 * 2**30),
}
"""By the name that a topology begins with."""
