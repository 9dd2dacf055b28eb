"""Weights are the published ones, or nothing is unpickled."""

import importlib.util
import shutil
from pathlib import Path

import jax
import joblib
import pytest

from jaxswap import errors
from jaxswap.vision import mtcnn_nets, mtcnn_weights

NETS = {
    "pnet": (mtcnn_nets.PNet(), [(1, 16, 16, 3), (1, 14, 14)]),
    "rnet": (mtcnn_nets.RNet(), [(1, 24, 24, 3)]),
    "onet": (mtcnn_nets.ONet(), [(1, 48, 48, 3)]),
}


@pytest.mark.parametrize(
    ("net", "count"), [("pnet", 6_632), ("rnet", 100_178), ("onet", 389_040)]
)  # as counted in the package's files
def test_the_weights_fit_the_nets(net, count):
    module, shapes = NETS[net]
    inputs = [jax.ShapeDtypeStruct(s, bool if len(s) == 3 else float) for s in shapes]
    expected = jax.eval_shape(module.init, jax.random.key(0), *inputs)
    found = mtcnn_weights.load(net)
    assert jax.tree.map(lambda array: array.shape, found) == jax.tree.map(
        lambda array: array.shape, expected
    )
    assert sum(array.size for array in jax.tree.leaves(found)) == count


def test_another_file_is_not_unpickled(tmp_path, monkeypatch):
    package = tmp_path / "mtcnn"
    shutil.copytree(Path(importlib.util.find_spec("mtcnn").origin).parent, package)
    weights = package / "assets" / "weights" / "rnet.lz4"
    weights.write_bytes(weights.read_bytes() + b"\0")
    spec = importlib.util.spec_from_file_location("mtcnn", package / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(joblib, "load", lambda path: pytest.fail(f"{path} was unpickled"))
    with pytest.raises(errors.JaxswapError, match=r"rnet\.lz4 is not .* pip install"):
        mtcnn_weights.load("rnet")


def test_without_the_package_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(errors.MissingExtraError, match="pip install mtcnn"):
        mtcnn_weights.load("pnet")
