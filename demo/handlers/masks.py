"""Masks from files, dropped onto their photo: they become objects that clicks correct."""

from base64 import b64decode
from typing import Any

import numpy as np
from PIL import Image

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.errors import Reply, answering
from demo.handlers.kept import kept_mask
from demo.handlers.photos import file_name
from demo.handlers.pictures import stage_size
from demo.handlers.requests import Json, text_of, values_of
from demo.handlers.views import photo_of
from demo.texts import errors as texts
from esam_core.errors import InvalidImage
from esam_core.mask_files import NotAMask, read_masks
from esam_core.masks import Masks

MOST_MASKS = 64  # of one file
MOST_CHARACTERS = 16_000_000  # of a file as a data URL


@answering
def opened(engine: Engine, payload: Any) -> Reply:
    """Read the masks of a file: ``data``, a data URL, and its ``name``.

    Returns:
        ``masks`` as objects have them, or ``photo``: true if the file is another photo.
    """
    values, photo = values_of(payload), photo_of(engine, payload)
    name = file_name(text_of(values.get("name")) or texts.A_FILE)
    data = text_of(values.get("data"), MOST_CHARACTERS) or ""
    if not data:
        raise InvalidImage(texts.NO_FILE)
    try:
        content = b64decode(data.partition(",")[2], validate=True)
    except ValueError as error:
        raise InvalidImage(texts.NO_FILE) from error
    height, width = photo.image.shape[:2]
    try:
        found = read_masks(content, name, (height, width))
    except NotAMask:
        return {"photo": True}
    if len(found) > MOST_MASKS:
        raise InvalidImage(
            texts.TOO_MANY_MASKS.format(name=name, count=len(found), most=MOST_MASKS)
        )
    return {"masks": [_object(photo, mask) for mask in found]}


def _object(photo: Photo, mask: np.ndarray) -> Json:
    size = stage_size((mask.shape[0], mask.shape[1]))
    seen = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
    unscored = np.full(1, np.nan, np.float32)
    return kept_mask(photo, None, Masks.from_data(seen[None], unscored, unscored), lambda: mask)
