# pyright: strict
"""Who in the footage gets whose face, from what the caller wrote."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from jaxswap import config, errors, runs
from jaxswap.api import run_data
from jaxswap.conversion import assignment
from jaxswap.places import local_copies, urls
from jaxswap.provenance import marks
from jaxswap.vision import descriptor, people

_NUMBER = re.compile(r"[0-9]{1,9}")
EXAMPLES = 16  # chips that show who an identity is: more would hardly move the mean

Swap = tuple[str, str] | Mapping[str, str] | Mapping[int, str]
"""One person whom the options choose, by the identities' names (in the footage, put on); or
identities by person, each of whom is found: by the path of a picture, by name, or by number."""


def resolve(
    swap: Swap, *, run: runs.Run, faces: config.FacesConfig, copies: local_copies.LocalCopies
) -> list[assignment.Swap]:
    """The swaps that are asked for. A person is a file, else a number, else an identity.

    Args:
        swap: what is asked for.
        run: whose identities they are; its validation chips show who they are.
        faces: how faces are found in pictures.
        copies: of what lies at URLs.

    Raises:
        DatasetError: if a person is an identity and the run's data is gone or broken.
        FootageError: if a person is none of the three, a picture shows nobody for certain, or there
            are too many people.
        MissingExtraError: if a person is a picture or an identity and dlib is not installed.
        RunError: if the run has no such identity.
        ValueError: if nobody is named.
    """
    if isinstance(swap, tuple):
        return [assignment.of_one(run, *swap)]
    if not swap:
        raise ValueError("`swap` must name one person or more.")
    if len(swap) > marks.MAX_SWAPS:
        raise errors.FootageError(
            f"At most {marks.MAX_SWAPS} people get a face at once, not {len(swap)}. Convert in "
            "several passes."
        )
    for identity in swap.values():
        run.check_identity(identity)
    return [
        assignment.Swap(person=_person(person, run, faces, copies), identity=identity)
        for person, identity in swap.items()
    ]


def _person(
    person: str | int,
    run: runs.Run,
    faces: config.FacesConfig,
    copies: local_copies.LocalCopies,
) -> people.Person:
    if isinstance(person, int):
        return people.Person(name=f"track {person}", track=person)
    place = urls.parse_place(person)
    name = str(place if isinstance(place, Path) else copies.fetch(place))
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


def _identity(name: str, run: runs.Run, copies: local_copies.LocalCopies) -> people.Person:
    """The person of an identity, as its validation chips show them."""
    chips = run_data.validation_chips(run_data.of_run(run, copies), [name], limit=EXAMPLES)
    reference = run_data.references(chips)[name]
    return people.Person(name=name, examples=descriptor.Describer().describe_all(reference))
