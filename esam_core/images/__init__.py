"""Photos from files, bytes, PIL images and arrays as images (h, w, 3) uint8 RGB."""

from esam_core.images.assets import ASSETS, asset
from esam_core.images.load import SCALES, LoadedPhoto, load_photo, load_rgb
from esam_core.images.pillow import FORMATS
from esam_core.images.pixels import MAX_PIXELS, check_rgb, image_digest, stretch_rgb
from esam_core.images.source import ImageSource
