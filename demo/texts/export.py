"""Export: what files say about their masks, and what is said about them."""

ABOUT = "Masks of {photo}, made in the EfficientSAM workspace."
CAME_AS = (
    "Mask {number} came as a picture of {from_w} x {from_h} pixels and was {change} to "
    "{to_w} x {to_h}."
)
ENLARGED = "enlarged"
RESIZED = "resized"
PARTS = "An object comes as 1 to {most} masks, each a PNG data URL."
TOO_MUCH = (
    "{count} masks of this photo are too much for one such file. Export at most {most} objects "
    "together, or choose COCO."
)
