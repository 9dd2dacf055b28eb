"""How the parameters follow the gradients."""

import dataclasses
from typing import ClassVar

from jaxswap.config.checks import require


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adam:
    """Adam, as the original used it."""

    kind: ClassVar[str] = "adam"

    learning_rate: float = 5e-5
    """Step size."""
    b1: float = 0.5
    """Decay of the first moment."""
    b2: float = 0.999
    """Decay of the second moment."""
    eps: float = 1e-7
    """Term that keeps the division finite."""
    warmup_steps: int = 0
    """Steps over which the learning rate rises linearly from 0."""
    ema: float = 0.0
    """Decay of the running average of the parameters that conversion uses; 0 keeps none."""

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, "`learning_rate` must be positive.")
        require(0 <= self.ema < 1, f"`ema` must be in [0, 1), not {self.ema}.")


Optimizer = Adam
"""What may follow the gradients."""
