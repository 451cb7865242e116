"""Compare: the same clicks on several models, or on one in several ways."""

TITLE = "Compare"
HINT = "Click or drag: every chosen model answers."
HINT_TOUCH = "Tap: every chosen model answers."
VARIANTS = {
    "predicted_iou": "by its own score",
    "second_look": "with second look",
    "single_look": "without second look",
    "box_iou": "by the box",
    "largest": "largest",
    "smallest": "smallest",
    "fp32": "in fp32",
}
ABSENT = "Its weights are not on this machine. Download them in the menu of models, or run"
CHOOSE = "Choose two to {most} answers of the list to compare."
UNKNOWN = "There is no such answer: {key}. Choose another one from the menu."
NONE_STANDS = "There is no answer to draw: every one of them failed. Choose other models."
NO_LOOK = "There was no second look: a crop around the object would show nothing new."
SCORES = "predicted IoU {score:.2f}"
AGREES = "IoU with {letter} {iou:.2f}"
TIMES = "photo {embed:.0f} ms, click {click:.0f} ms"
FAILED = "{letter}, {label}: {error} {command}"
