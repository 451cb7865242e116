"""Everything: all masks found by a grid of points."""

TITLE = "Everything"
HINT = "Press “Segment everything” to find the masks of all objects."
FOUND = "{masks}. Click one to select it, Shift-click for more, or keep all as objects."
FOUND_TOUCH = "{masks}. Tap masks to select them, tap again to deselect, or keep all as objects."
PRESET = "Grid of points"
PRESETS = {"fast": "Fast", "quality": "Quality"}
RUN = "Segment everything"
SLIDERS = {
    "predicted_iou": "Predicted IoU",
    "stability": "Stability",
    "nms": "Overlap (NMS)",
    "min_area": "Min. area %",
}
TIP = "Mask {0} · {1:g} % of the photo · score {2:.2f} · stability {3:.2f}"
PROGRESS = "{done} of {total} points"
COUNT = "{count} masks"
ONE = "1 mask"
STOPPED = "Cancelled; what was found stays: {masks}."
NONE = "No mask passes the filters. Lower the predicted IoU or the stability."
GONE = "The server no longer holds these masks. Press “Segment everything” again."
CHANGED = "The masks have changed. Please select again."
TOO_MANY = "From 1 to {most} masks can be kept at once."
NO_SUCH_GRID = "There is no grid {name!r}; choose one of {names}."
