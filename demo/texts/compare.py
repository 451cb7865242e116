"""Compare: the same clicks on several models."""

TITLE = "Compare"
HINT = "Click or drag, then press Compare."
RULES = {
    "predicted_iou": "by its own score",
    "box_iou": "by the box",
    "largest": "largest",
    "smallest": "smallest",
}
MODELS = "Models to compare (two to four)"
EXACT = "{title} in fp32"
ABSENT = "{title}: its weights are not on this machine."
RUN = "Compare"
SLIDER = "Slide between two"
LEFT = "Left"
RIGHT = "Right"
SIDE = "Side by side"
HEAD = ("model and rule", "photo ms", "click ms")
CHOOSE = "Choose two to {most} of the list to compare."
PROGRESS = "{done} of {total} models"
