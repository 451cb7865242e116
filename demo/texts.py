"""Every sentence that a person reads on the page."""

GET_COMMAND = "python -m esam_core weights download {name}"

PAGE = {
    "title": "EfficientSAM workspace",
    "stage": "Photo",
    "panel": "Candidates, objects and export",
    "photos": "Photos",
    "modes": "Modes",
    "toolbar": "Tools",
    "tools": "What a click means",
    "tool_point": "Point",
    "tool_background": "Background",
    "tool_box": "Box",
    "undo": "Undo",
    "redo": "Redo",
    "clear": "Clear",
    "subtract": "Subtract",
    "subtract_help": (
        "This model was not trained with background points: they choose among the candidates. "
        "Subtract also cuts away what the model finds at them."
    ),
    "opacity": "Overlay opacity",
    "hint": "Click what you want. Right click excludes, drag draws a box.",
    "hint_touch": "Tap what you want. The minus excludes, the frame draws a box.",
    "drag_a_box": "Drag from corner to corner to draw the box.",
    "invite": "Choose a photo",
    "invite_more": "Take one from the strip below, drop one here, or paste it.",
    "upload_photo": "Upload a photo",
    "upload": "Upload",
    "camera": "Camera",
    "take_photo": "Take photo",
    "cancel": "Cancel",
    "no_camera": "The camera cannot be used. Allow it in the browser, or upload a photo.",
    "opening": "Opening the photo …",
    "reading": "The model is reading the photo …",
    "exporting": "Preparing the file …",
    "file_too_large": "That file is larger than 40 MB. Save it smaller, as JPEG for example.",
    "no_answer": "The server did not answer. Your clicks are kept; undo and redo, or click again.",
    "line_full": "Many visitors are waiting. Your clicks are kept; try again in a moment.",
    "candidates": "Candidates",
    "candidate": "Candidate",
    "score": "score",
    "score_help": "How good the model thinks this mask is",
    "objects": "Objects",
    "object": "Object",
    "object_name": "Name of the object",
    "add_object": "Add object",
    "add_picked": "Keep selection",
    "merge_picked": "Merge",
    "merge_help": "Keep the selected masks as one object",
    "selection": "Selection",
    "nothing_to_keep": "Click an object first, then add the next one.",
    "hide": "Hide",
    "show": "Show",
    "remove": "Delete",
    "export": "Export",
    "scope": "What to export",
    "scope_active": "Selected object",
    "scope_visible": "All visible objects together",
    "choose_model": "Choose a model",
    "model_loading": "Model is loading",
    "loading": "loading",
    "no_model": "No model",
    "downloading": "Downloading",
    "photo_ms": "photo",
    "click_ms": "click",
}

WIDGET = {
    "pick_hint": "Click a mask to pick it; shift adds.",
}

EXPORTS = (
    ("mask", "Mask"),
    ("cutout", "Cut-out"),
    ("labels", "Labels"),
    ("coco", "COCO"),
    ("polygons", "Polygons"),
    ("svg", "SVG"),
)

EVERYTHING = {
    "hint": "Move over the photo, click a mask to select it, Shift-click to add more.",
    "hint_touch": "Tap masks to select them, again to let them go.",
    "preset": "Grid of points",
    "presets": {"fast": "Fast", "quality": "Quality"},
    "run": "Segment everything",
    "cancel": "Cancel",
    "predicted_iou": "Predicted IoU",
    "stability": "Stability",
    "nms": "Overlap (NMS)",
    "min_area": "Min. area %",
    "table": "Masks",
    "headers": ["id", "area %", "score", "stab."],
    "tip": "Mask {0} · {1:g} % of the photo · score {2:.2f} · stability {3:.2f}",
    "waiting": "Waiting for the model …",
    "progress": "{done} of {total} points",
    "count": "{count} masks.",
    "one": "1 mask.",
    "none": "No mask passes the filters. Lower the predicted IoU or the stability.",
    "stopped": "Cancelled. What was there before is kept.",
    "changed": "The masks have changed meanwhile. Select again.",
    "too_many": "From 1 to {most} masks can be kept at once.",
}

RULES = {
    "predicted_iou": "by its own score",
    "box_iou": "by the box",
    "largest": "largest",
    "smallest": "smallest",
}
COMPARE_WHO = "Who answers (two to four)"
COMPARE_EXACT = "{title} in fp32"
COMPARE_ABSENT = "*{title}: its weights are not on this machine.* `{command}`"
COMPARE_RUN = "Compare"
COMPARE_SLIDER = "Slide between two"
COMPARE_LEFT = "Left"
COMPARE_RIGHT = "Right"
COMPARE_SIDE = "Side by side"
COMPARE_HEAD = ("model and rule", "photo ms", "click ms")
COMPARE_HINT = "Click or drag, then press Compare."
COMPARE_CHOOSE = "Choose two to {most} of the list to compare."

NO_PHOTO = "Choose a photo first."
SALIENT = {
    "hint": "What stands out is found without a click. The points were drawn from the map.",
    "run": "Find salient",
    "shuffle": "Shuffle points",
    "threshold": "Threshold",
    "points": "Points",
    "prompt": "Points are drawn",
    "uniform": "anywhere",
    "spread": "far apart",
    "box": "box",
    "instances": "One mask each",
    "map": "Show the map",
    "seed": "Seed of the points",
    "keep": "Keep as objects",
    "kept": "{count} kept as objects.",
}
SALIENT_ONE = "One thing stands out"
SALIENT_MANY = "{count} things stand out"
SALIENT_SAID = "{things}. Map: {origin}."
SALIENT_NOTHING = "Nothing stands out in this photo. A lower threshold may find something."
TEXT = {
    "hint": "Type what to look for and press Enter. Commas separate texts.",
    "query": "What to look for",
    "example": "a dog, cars",
    "run": "Find",
    "ranked": "Best masks",
    "threshold": "Score that counts as found",
    "who": "Reader of texts",
    "keep": "Keep as objects",
    "kept": "{count} kept as objects.",
    "clip": "{title} reads any English text. Licence of its weights: {licence}.",
    "offline": (
        "Offline vocabulary: it knows nouns of the 1000 ImageNet classes and their kin, but no "
        "colours, places or actions. For free text choose CLIP above; get it with"
    ),
    "command": (
        'python -m esam_core text PHOTO "a red car" --out mask.png --encoder ViT-B-32 --download'
    ),
}
NO_MATCH = "No match for “{text}” (best score {best:.2f})."
NO_SUCH_ENCODER = "There is no text encoder {name!r}."

MINI_NOTE = "The small bundled model is answering. For EfficientSAM, choose it above or run"
RANDOM_NOTE = "The weights are random: masks mean nothing. For EfficientSAM run"
DOWNLOAD = "Download {megabytes} MB"
ABOUT_MODEL = "{parameters:.0f} million parameters, {licence}"
ABOUT_SMALL_MODEL = "{parameters:.1f} million parameters, {licence}"

MERGED = (
    "{count} point{s} too many for the model: the oldest of one kind were joined at their middle."
)
BACKGROUND_CHOOSES = (
    "This model does not read background points; they choose among the candidates. "
    "Subtract cuts them away."
)
MODEL_LOADING = "The model is still loading; try again in a moment."
MODEL_FAILED = "The model could not be loaded: {reason}"
PHOTO_GONE = "The server no longer holds this photo. Choose it again; your clicks are kept."
NOT_A_NUMBER = (
    "{title} gave no usable answer in {precision} on {device}. Start the page with "
    "--precision fp32; your clicks are kept."
)
UNEXPECTED = "Something went wrong on the server. Your clicks are kept; try again."
NO_SUCH_EXAMPLE = "There is no example photo {name!r}. Choose one from the strip."
NO_FILE = "No file arrived. Choose a photo again."
EXPORT_NOTHING = "There is no mask to export. Click an object first."
EXPORT_KIND = "{kind!r} cannot be exported; choose one of {kinds}."
PROMPTS_NOT_AN_OBJECT = (
    "prompts must be a JSON object with point_coords, point_labels and box_xyxy, got {what}."
)
NO_PROMPT = "Nothing was pointed at. Give at least one point, or a box."
TOO_MANY_POINTS = "At most {most} points can be sent, got {count}. Remove some."
OUTSIDE = "({x:g}, {y:g}) lies outside the photo, which is {width} x {height} pixels."
BAD_PICTURE = "A mask that was sent could not be read. Pick it again."
