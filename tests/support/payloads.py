"""Payloads for handlers, and readers for the pictures in their replies."""

import base64
import io

import numpy as np
from PIL import Image


def prompt_payload(photo, coords=(), labels=(), box=None, **more) -> dict:
    """Return the payload of a prompt on a photo."""
    prompt = {"point_coords": list(coords), "point_labels": list(labels), "box_xyxy": box}
    return {"token": photo.token, "rev": 4, "seq": 9, "prompt": prompt, **more}


def picture(url: str) -> Image.Image:
    """Read a data URL."""
    return Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))


def opaque(url: str) -> np.ndarray:
    """Read a mask (h, w) bool from a data URL."""
    return np.asarray(picture(url).convert("RGBA"))[..., 3] > 127
