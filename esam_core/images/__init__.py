"""Photos from files, bytes, PIL images and arrays as images (h, w, 3) uint8 RGB."""

from esam_core.images.assets import ASSETS, asset
from esam_core.images.load import (
    FORMATS,
    MAX_PIXELS,
    ImageSource,
    LoadedPhoto,
    check_rgb,
    image_digest,
    load_photo,
    load_rgb,
    stretch_rgb,
)
