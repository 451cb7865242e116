"""What programs read about the endpoints: their fields, and refusals."""

IMAGE = "The photo's file"
PROMPTS = "Points and a box in pixels of the photo, with options"
SETTINGS = "Settings, each of them optional"
TEXTS = "What to look for; commas separate texts"
MASK = "The best mask, a PNG of 0 and 255 in the size of the photo"
INFO = "The objects, the models that answered, times and notes"
MODELS = "The models, best first"
NOT_AN_OBJECT = "{what} must be a JSON object with {keys}, got {value}."
NO_TEXT = "There is no text to look for. Give one or more, separated by commas."
WHOLE = "a whole number from {low} to {high}"
BETWEEN = "a number from {low} to {high}"
ONE_OF = "one of {names}"
NAMES = "a list of names"
FIELDS = {
    "point_coords": "[x, y] of every point",
    "point_labels": "one per point: 1 foreground, 0 background",
    "box_xyxy": "x and y of any two opposite corners",
    "model": "a name of /models; left out, the page's own",
    "subtract": "cut away what lies at background points",
    "candidates": "how many masks to return, best first",
    "look_again": "take a second look around the object; left out, the model's own rule",
    "models": "two to four of NAME or NAME/WAY; ways are predicted_iou, second_look, single_look, "
    "box_iou, largest, smallest, fp32",
    "grid": "how many points prompt the model",
    "points_per_side": "replaces the number of the grid",
    "predicted_iou": "lowest predicted IoU",
    "stability": "lowest stability score",
    "nms": "boxes that overlap more are one object",
    "min_area": "smallest area in percent of the photo",
    "map_threshold": "lowest value of the map that stands out",
    "points": "points per mask",
    "prompt": "what of the map prompts the model",
    "instances": "one mask each, or one for all",
    "seed": "seed of the random points",
    "match": "lowest score of a match; left out, the text model's own",
    "encoder": "text model",
    "compete": "whether texts read by CLIP compete with each other for a mask",
}
