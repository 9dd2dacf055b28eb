"""Every value that changes what a run does: frozen, complete, validated when it is made.

A `Config` is saved with its run. Each field is an option of the command line under its dotted
name (`--train.batch-size 8`); its docstring line is the option's help.
"""

from jaxswap.config.augmentation import AugmentationConfig
from jaxswap.config.conversion import Codec, ConvertConfig, Preset
from jaxswap.config.data import DataConfig
from jaxswap.config.faces import ExtractConfig, FacesConfig
from jaxswap.config.losses import LossConfig
from jaxswap.config.models import (
    ConvEncoder,
    Decoder,
    DenseInter,
    MaskHead,
    Model,
    SharedInter,
    VisibleHead,
)
from jaxswap.config.optimizers import Adam, Optimizer
from jaxswap.config.scaling import ScaleConfig
from jaxswap.config.storing import from_dict, to_dict
from jaxswap.config.training import Config, TrainConfig

__all__ = [
    "Adam",
    "AugmentationConfig",
    "Codec",
    "Config",
    "ConvEncoder",
    "ConvertConfig",
    "DataConfig",
    "Decoder",
    "DenseInter",
    "ExtractConfig",
    "FacesConfig",
    "LossConfig",
    "MaskHead",
    "Model",
    "Optimizer",
    "Preset",
    "ScaleConfig",
    "SharedInter",
    "TrainConfig",
    "VisibleHead",
    "from_dict",
    "to_dict",
]
