"""Every public function of both packages: documented, random source first, options by keyword."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator

import beartype
import jaxtyping
import pytest

import jaxswap
import pipelines

RANDOM = ("key", "rng")


def modules() -> Iterator[str]:
    for package in (jaxswap, pipelines):
        yield package.__name__
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield found.name


def public_functions(module_name: str) -> Iterator[tuple[str, Callable]]:
    module = importlib.import_module(module_name)
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module_name:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            yield from _methods(value)


def _methods(cls: type) -> Iterator[tuple[str, Callable]]:
    """What the class body itself defines: inherited and generated ones are not ours."""
    for name, value in vars(cls).items():
        written = getattr(value, "__qualname__", "").startswith(cls.__qualname__)
        if inspect.isfunction(value) and written and not name.startswith("_"):
            yield f"{cls.__name__}.{name}", value


def faults(function: Callable) -> list[str]:
    # `inspect.signature` looks through the wrapper of the shape checker; `__defaults__` does not.
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    found = []
    for index, parameter in enumerate(parameters):
        positional = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if parameter.name in RANDOM and positional and index > 0:
            found.append(f"`{parameter.name}` must come first")
        if positional and parameter.default is not parameter.empty:
            found.append(f"`{parameter.name}` has a default, so it must be keyword-only")
    return found


def is_undocumented(name: str, function: Callable) -> bool:
    return "." not in name and not (function.__doc__ or "").strip()


@pytest.mark.parametrize("module_name", sorted(modules()))
def test_public_functions_keep_the_rules(module_name):
    found = {name: faults(function) for name, function in public_functions(module_name)}
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize("module_name", sorted(modules()))
def test_modules_and_public_functions_are_documented(module_name):
    assert (importlib.import_module(module_name).__doc__ or "").strip()
    functions = public_functions(module_name)
    assert [name for name, function in functions if is_undocumented(name, function)] == []


@jaxtyping.jaxtyped(typechecker=beartype.beartype)
def _key_second(image: int, key: int) -> int:
    return image + key


@jaxtyping.jaxtyped(typechecker=beartype.beartype)
def _default_by_position(image: int, size: int = 3) -> int:
    return image + size


@jaxtyping.jaxtyped(typechecker=beartype.beartype)
def _as_it_should_be(key: int, image: int, *, size: int = 3) -> int:
    """Their sum."""
    return key + image + size


def test_the_rules_can_fail():
    assert faults(_key_second) == ["`key` must come first"]
    assert faults(_default_by_position) == ["`size` has a default, so it must be keyword-only"]
    assert is_undocumented("f", _key_second)


def test_the_rules_can_hold():
    assert faults(_as_it_should_be) == []
    assert not is_undocumented("f", _as_it_should_be)
