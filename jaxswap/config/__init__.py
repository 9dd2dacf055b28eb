"""Every value that changes what a run does: frozen, complete, validated when it is made.

A `Config` is saved with its run. Each field is an option of the command line under its dotted
name (`--train.batch-size 8`); its docstring line is the option's help.

A stored run must stay readable (`jaxswap.storing` has the rules). So a new field has a default, and
the default keeps what was done before there was that field; a field that becomes a union keeps its
old type as its default. What may change while a run goes on is a `pace` field.
"""

from jaxswap.config.augmentation import AugmentationConfig
from jaxswap.config.conversion import Codec, ConvertConfig, Preset, Sound
from jaxswap.config.data import DataConfig
from jaxswap.config.faces import ExtractConfig, FacesConfig, Track
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
from jaxswap.config.training import Config, TrainConfig
from jaxswap.storing import from_dict, to_dict

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
    "Sound",
    "Track",
    "TrainConfig",
    "VisibleHead",
    "from_dict",
    "to_dict",
]
