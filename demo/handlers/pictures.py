"""Pictures for the browser, as data URLs that are small and fast to make."""

import base64
import io

import numpy as np
from PIL import Image

from demo.texts import export
from esam_core.errors import InvalidImage, InvalidPrompt
from esam_core.geometry import masks_to_boxes
from esam_core.images import MAX_PIXELS
from esam_core.masks import Masks, label_map
from esam_core.visualize import HEAT, draw_masks, hex_code, palette

STAGE_SIDE = 2048  # longer side of photos in the browser; prompts stay in original pixels
CROP_SIDE = 200  # longer side of a mask thumbnail
MOST_PARTS = 64  # masks that were merged to one object
MASK_URL_BYTES = 16_000_000  # limit for a mask sent by the browser
PALETTE_SIZE = 8  # colours of objects repeat after this many


def drawing_colours() -> dict[str, list]:
    """Return the colours for drawing in the browser, the same as in figures and exported files.

    ``palette`` has ``#rrggbb`` for objects; ``heat`` the (r, g, b) stops of a heat map from cold to
    hot, equally spaced.
    """
    colours = [hex_code(colour) for colour in palette(PALETTE_SIZE)]
    return {"palette": colours, "heat": [list(colour) for colour in HEAT]}


def data_url(content: bytes, kind: str) -> str:
    """Return bytes as a data URL of a media type such as ``image/png``."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def stage_size(image_hw: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) that a photo has in the browser."""
    height, width = image_hw
    scale = min(1.0, STAGE_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def photo_url(image: np.ndarray, *, quality: int = 90) -> str:
    """Return a photo as a JPEG for the stage."""
    picture = Image.fromarray(image)
    size = stage_size(image.shape[:2])
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return data_url(_saved(picture, "JPEG", quality=quality), "image/jpeg")


def thumbnail_url(image: np.ndarray, size_wh: tuple[int, int] = (176, 124)) -> str:
    """Return the middle of a photo as a small JPEG."""
    width, height = size_wh
    picture = Image.fromarray(image)
    scale = max(width / picture.width, height / picture.height)
    picture = picture.resize(
        (max(width, round(picture.width * scale)), max(height, round(picture.height * scale)))
    )
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    picture = picture.crop((left, top, left + width, top + height))
    return data_url(_saved(picture, "JPEG", quality=82), "image/jpeg")


def mask_url(mask: np.ndarray) -> str:
    """Return a mask (h, w) bool as a 1-bit PNG: white where it is, transparent elsewhere."""
    picture = Image.fromarray(mask.view(np.uint8))
    size = stage_size(mask.shape)
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.NEAREST)
    return _mask_url(picture)


def full_mask_url(mask: np.ndarray) -> str:
    """Return a mask (h, w) bool as ``mask_url`` does, but in its own size, however large."""
    return _mask_url(Image.fromarray(mask.view(np.uint8)))


def labels_url(masks: Masks) -> str:
    """Return masks as a label map in a PNG: id = R + 256 G, 0 is no mask."""
    labels = label_map(masks)
    pixels = np.stack([labels & 255, labels >> 8, np.zeros_like(labels)], -1).astype(np.uint8)
    return data_url(_saved(Image.fromarray(pixels), "PNG", compress_level=3), "image/png")


def heat_url(heat: np.ndarray, side: int = 640) -> str:
    """Return a map (h, w) in [0, 1] as a grey PNG, its longer side at most ``side`` pixels."""
    picture = Image.fromarray((heat * 255).round().astype(np.uint8))
    picture.thumbnail((side, side), Image.Resampling.BILINEAR)
    return data_url(_saved(picture, "PNG"), "image/png")


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """Return a picture (h, w, 3) uint8 whose longer side has at most ``side`` pixels."""
    picture = Image.fromarray(image)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.array(picture)


def crop_picture(image: np.ndarray, mask: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return a thumbnail (h', w', 3) of a mask with a margin around it.

    Args:
        image: The photo (h, w, 3) uint8 RGB.
        mask: (h, w) bool.
        colour: (r, g, b) of the mask.
    """
    height, width = mask.shape
    x0, y0, x1, y1 = masks_to_boxes(mask[None])[0].astype(int).tolist()
    margin = max(8, (x1 - x0 + y1 - y0) // 12)
    rows = slice(max(0, y0 - margin), min(height, y1 + margin))
    columns = slice(max(0, x0 - margin), min(width, x1 + margin))
    part = Masks.from_data(mask[rows, columns][None])
    return shrunk(draw_masks(image[rows, columns], part, colours=[colour]), CROP_SIDE)


def mask_from_url(url: object) -> np.ndarray:
    """Read a mask (h, w) bool from the browser, in its own size: a PNG that is opaque inside.

    Raises:
        InvalidImage: Not a PNG data URL, not a picture, or one of more than 50 megapixels.
    """
    head = "data:image/png;base64,"
    if not isinstance(url, str) or not url.startswith(head) or len(url) > MASK_URL_BYTES:
        raise InvalidImage("a mask must come as a PNG data URL.")
    try:
        content = base64.b64decode(url[len(head) :], validate=True)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InvalidImage("a mask that was sent has more than 50 megapixels.")
            return _opaque(picture)
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidImage("a mask that was sent is no picture.") from error


def joined_masks(
    pngs: object, image_hw: tuple[int, int]
) -> tuple[np.ndarray, tuple[int, int] | None]:
    """Read masks from the browser as one (h, w) bool.

    Args:
        pngs: 1 to 64 PNG data URLs, see ``mask_from_url``.
        image_hw: Height and width of the photo; masks of another size are resized.

    Returns:
        The union, and the (width, height) that a resized one came in, if any.

    Raises:
        InvalidPrompt: No such list.
        InvalidImage: One that is no picture.
    """
    if not isinstance(pngs, list) or not 1 <= len(pngs) <= MOST_PARTS:
        raise InvalidPrompt(export.PARTS.format(most=MOST_PARTS))
    union, came_as = np.zeros(image_hw, bool), None
    for png in pngs:
        part = mask_from_url(png)
        if part.shape != image_hw:
            came_as = part.shape[1], part.shape[0]
        union |= mask_in_size(part, image_hw)
    return union, came_as


def mask_in_size(mask: np.ndarray, image_hw: tuple[int, int]) -> np.ndarray:
    """Return a mask (h', w') bool in another size (h, w), with hard edges."""
    if mask.shape == image_hw:
        return mask
    height, width = image_hw
    picture = Image.fromarray(mask.view(np.uint8)).resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(picture).astype(bool)


def _opaque(picture: Image.Image) -> np.ndarray:
    clear = picture.info.get("transparency")
    if picture.mode == "P" and isinstance(clear, bytes):
        # Masks of this program: a quarter of the memory that RGBA takes.
        alpha = np.full(256, 255, np.uint8)
        alpha[: len(clear)] = np.frombuffer(clear, np.uint8)
        return (alpha > 127)[np.asarray(picture)]
    return np.asarray(picture.convert("RGBA").getchannel("A")) > 127


def _mask_url(picture: Image.Image) -> str:
    """Encode a picture of 0 and 1 as a 1-bit PNG: white where it is 1, transparent elsewhere."""
    picture.putpalette([0, 0, 0, 255, 255, 255])
    return data_url(_saved(picture, "PNG", transparency=bytes([0, 255]), bits=1), "image/png")


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
