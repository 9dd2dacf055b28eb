"""`PERSON=IDENTITY` on the command line: who in the footage gets whose face."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jaxswap import config, errors
from jaxswap.places import local_copies, urls
from jaxswap.provenance import marks

if TYPE_CHECKING:
    from jaxswap import runs
    from jaxswap.conversion import assignment
    from jaxswap.vision import people

_NUMBER = re.compile(r"[0-9]{1,9}")
EXAMPLES = 16  # chips that show who an identity is: more would hardly move the mean


def parse(values: Sequence[str]) -> dict[str, str]:
    """Identities by person, in the order of the values; a path may hold a `=`.

    Raises:
        ValueError: if a value is no PERSON=IDENTITY, a person comes twice, or too many come.
        PlaceError: if a person is a URL that cannot be one.
    """
    found: dict[str, str] = {}
    for value in values:
        person, _, identity = value.rpartition("=")
        if not (person and identity):
            raise ValueError(f"Expected PERSON=IDENTITY, such as anna.jpg=ben, not {value!r}.")
        if person in found:
            raise ValueError(f"{person!r} is mapped twice: give each person one identity.")
        urls.parse_place(person)
        found[person] = identity
    if len(found) > marks.MAX_SWAPS:
        raise ValueError(f"At most {marks.MAX_SWAPS} people are mapped at once, not {len(found)}.")
    return found


def swaps(
    mapping: dict[str, str],
    *,
    run: "runs.Run",
    faces: config.FacesConfig,
    copies: local_copies.LocalCopies,
) -> "list[assignment.Swap]":
    """Who gets whose face: each person is a file, else a track's number, else an identity.

    Args:
        mapping: identities by person.
        run: whose identities they are; its validation chips show who they are.
        faces: how faces are found in pictures.
        copies: of what lies at URLs.

    Raises:
        DatasetError: if a person is an identity and the run's data is gone or broken.
        FootageError: if a person is none of the three, or a picture shows nobody for certain.
        MissingExtraError: if a person is a picture or an identity and dlib is not installed.
        RunError: if the run has no such identity.
    """
    from jaxswap.conversion import assignment

    for identity in mapping.values():
        run.check_identity(identity)
    return [
        assignment.Swap(person=_person(name, run, faces, copies), identity=identity)
        for name, identity in mapping.items()
    ]


def _person(
    name: str, run: "runs.Run", faces: config.FacesConfig, copies: local_copies.LocalCopies
) -> "people.Person":
    from jaxswap.vision import descriptor, people

    place = urls.parse_place(name)
    if not isinstance(place, Path):
        name = str(copies.fetch(place))
    is_picture = os.path.isfile(name)
    if not is_picture and _NUMBER.fullmatch(name):
        return people.Person(name=f"track {int(name)}", track=int(name))
    if not is_picture and name not in run.identities:
        raise errors.FootageError(
            f"{name!r} is no picture, no number of a track and no identity of the run (it has "
            f"{', '.join(run.identities)}): check the path, or look up the number: "
            "jaxswap faces FOOTAGE --out FOLDER"
        )
    if not descriptor.is_available():
        raise errors.MissingExtraError(
            f"To find {name} takes a package that is not installed. Install it (pip install "
            '"jaxswap[identity]"), or name people by number: jaxswap faces FOOTAGE --out FOLDER'
        )
    return (
        people.from_picture(Path(name), faces=faces) if is_picture else _identity(name, run, copies)
    )


def _identity(name: str, run: "runs.Run", copies: local_copies.LocalCopies) -> "people.Person":
    """The person of an identity, as its validation chips show them."""
    from jaxswap.cli import run_data
    from jaxswap.vision import descriptor, people

    chips = run_data.validation_chips(run_data.of_run(run, copies), [name], limit=EXAMPLES)
    reference = run_data.references(chips)[name]
    return people.Person(name=name, examples=descriptor.Describer().describe_all(reference))
