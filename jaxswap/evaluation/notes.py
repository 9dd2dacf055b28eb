"""What a reader must know beside the figures: what was left out, and why."""

from collections.abc import Iterator

from jaxswap.evaluation import agreement, clip_results


def of_clip(results: clip_results.ClipResults) -> Iterator[str]:
    """Sentences about footage, candidates and what could not be measured."""
    for line in results.notices:
        yield f"{line[:1].upper()}{line[1:]}."
    if not results.faces:
        yield "No face was found in the footage, so there is nothing to compare."
        return
    for name, candidate in results.candidates.items():
        yield from _of_candidate(name, candidate, results)
    if results.no_identities:
        yield f"Identity distances were not measured. {results.no_identities}"
    elif results.identities is None:
        yield "Identity distances were not measured: no face was described."


def _of_candidate(
    name: str, candidate: clip_results.CandidateResults, results: clip_results.ClipResults
) -> Iterator[str]:
    if candidate.by_time:
        yield (
            f"{name} has {candidate.frames} frames, the footage {results.frames}. Frames were "
            f"paired by their times: {candidate.paired} of the footage have a partner, and the "
            "figures are taken over these."
        )
    elif candidate.paired < results.frames:
        yield (
            f"Of {name} only {candidate.paired} frames could be read, of the footage "
            f"{results.frames}: the figures are taken over the common part."
        )
    if candidate.swapped < 0.5 * results.faces:
        yield (
            f"{name} visibly changed the face in only {candidate.swapped} of {results.faces} "
            "frames: its other figures are those of the footage itself."
        )
    if not candidate.found:
        yield (
            f"{name} shows no face where the footage has one, so its landmarks cannot be compared."
        )
    elif candidate.found < agreement.MIN_FRAMES:
        yield (
            f"{name} has under {agreement.MIN_FRAMES} frames with a face: too few to tell the "
            "change of shape from an error, so there is only the raw landmark error."
        )
