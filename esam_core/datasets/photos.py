"""Which photo of a detector's file a photo on this machine is."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from esam_core.datasets.boxes import Detections
from esam_core.datasets.identities import FROM_NAME, JsonMap, decimal_stem
from esam_core.datasets.rows import LeftOut, shown
from esam_core.errors import InvalidPrompt
from esam_core.values import json_key

REASONS = 3  # how many are told when nothing is left


def image_id_of(
    detections: Mapping[Any, Detections], photo: str | Path, image_id: Any = FROM_NAME
) -> Any:
    """Return the id that a photo has in a detector's file.

    Args:
        detections: From ``load_detections`` or ``read_detections``.
        photo: The photo's file name: a data set's ``file_name`` names its id; otherwise the id is
            the file name, its stem, or the number in it: 285 for 000000000285.jpg.
        image_id: The id, if the name does not tell.

    Raises:
        InvalidPrompt: The file has no such photo, or several fit.
    """
    if image_id is not FROM_NAME:
        candidates = [image_id]
    else:
        candidates = _listed(getattr(detections, "file_names", {}), Path(photo).name)
        candidates = candidates or _ids_like(Path(photo))
    fitting = [known for known in detections if known in JsonMap((c, None) for c in candidates)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InvalidPrompt(
            f"{Path(photo).name} may be any of the photos {_shortened(fitting)} of this file; "
            "choose one by its image id (--image-id)."
        )
    known = _shortened(list(detections)) or "none"
    wanted = "" if image_id is FROM_NAME else f" as {shown(image_id)}"
    raise InvalidPrompt(
        f"there are no boxes for {Path(photo).name}{wanted}. Its image_id must be the file's name, "
        "its stem, or the number in it (000000000285.jpg is 285), or be given (--image-id). The "
        f"file has boxes for {len(detections)} photos: {known}."
    )


def usable_boxes(
    detections: Mapping[Any, Detections],
    left_out: Iterable[LeftOut],
    photo: str | Path,
    image_hw: tuple[int, int],
    image_id: Any = FROM_NAME,
) -> tuple[Detections, list[LeftOut]]:
    """Return the boxes of a photo that lie in it, and all that was left out of the file so far.

    Args:
        detections: From ``read_detections``.
        left_out: From ``read_detections`` too.
        photo: The photo's file name, as for ``image_id_of``.
        image_hw: Height and width of the photo in pixels.
        image_id: As for ``image_id_of``.

    Raises:
        InvalidPrompt: No box of the photo is left, or ``image_id_of`` raises it.
    """
    known = image_id_of(detections, photo, image_id)
    found, beside = detections[known].inside(image_hw)
    together = sorted([*left_out, *beside], key=lambda item: item.entry)
    if not len(found):
        reasons = [str(item) for item in together if json_key(item.image_id) == json_key(known)]
        why = "; ".join(reasons[:REASONS]) or "the file has none"
        more = f"; and {len(reasons) - REASONS} more" if len(reasons) > REASONS else ""
        raise InvalidPrompt(f"no box of {Path(photo).name} is left: {why}{more}")
    return found, together


def _listed(file_names: Mapping[Any, str], name: str) -> list[Any]:
    """Return the ids of a data set's photos with this file name, in whatever folder."""
    return [
        i for i, listed in file_names.items() if listed.replace("\\", "/").split("/")[-1] == name
    ]


def _ids_like(photo: Path) -> list[Any]:
    number = decimal_stem(photo)
    return [photo.name, photo.stem, *([] if number is None else [number, float(number)])]


def _shortened(ids: list[Any]) -> str:
    return ", ".join(map(shown, ids[:5])) + (", ..." if len(ids) > 5 else "")
