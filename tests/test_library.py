"""`import jaxswap`: fast, complete, typed, and the same whatever else is imported."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import jaxswap
from jaxswap.cli import commands
from jaxswap.events import Events

HEAVY = {"jax", "flax", "numpy", "cv2", "av", "tyro", "rich", "tensorflow_datasets"}
FUNCTIONS = [name for name in jaxswap.__all__ if inspect.isfunction(getattr(jaxswap, name))]


def python(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_the_import_loads_nothing_heavy():
    loaded = python("import sys, jaxswap; print(*{name.split('.')[0] for name in sys.modules})")
    assert HEAVY.isdisjoint(loaded)


def test_configurations_presets_and_errors_load_nothing_heavy():
    names = "Config, FacesConfig, presets, errors, Events, Progress, RunError, Hosts, __version__"
    loaded = python(
        f"import sys; from jaxswap import {names}; print(*{{n.split('.')[0] for n in sys.modules}})"
    )
    assert HEAVY.isdisjoint(loaded)


def test_every_name_is_what_it_says():
    for name in jaxswap.__all__:
        found = getattr(jaxswap, name)
        assert getattr(found, "__name__", name).rpartition(".")[2] == name
    assert set(dir(jaxswap)) == set(jaxswap.__all__)


def test_a_name_that_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'extrakt'"):
        jaxswap.extrakt  # noqa: B018 - looking it up is the test


def test_no_module_ever_stands_in_the_place_of_a_name():
    """Python sets a submodule as an attribute of its package, over whatever is there."""
    modules = {info.name for info in pkgutil.iter_modules(jaxswap.__path__)}
    assert modules & set(jaxswap.__all__) == {"config", "errors", "presets"}
    before = {name: getattr(jaxswap, name) for name in jaxswap.__all__}
    for info in pkgutil.walk_packages(jaxswap.__path__, "jaxswap."):
        if not info.name.endswith("__main__") and "mtcnn_tf" not in info.name:
            importlib.import_module(info.name)
    assert {name: getattr(jaxswap, name) for name in jaxswap.__all__} == before


def test_every_command_is_a_function_of_the_library():
    assert {name.replace("-", "_") for name in commands.COMMANDS} - {"demo"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"info", "open_run"}))
def test_what_takes_time_takes_events(name):
    parameter = inspect.signature(getattr(jaxswap, name)).parameters["events"]
    assert parameter.annotation == Events | None
    assert (parameter.default, parameter.kind) == (None, parameter.KEYWORD_ONLY)
