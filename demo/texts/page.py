"""Texts of the canvas, the panel and the widget; static/*.js reads them by key."""

PAGE = {
    "title": "EfficientSAM workspace",
    "stage": "Photo",
    "panel": "Candidates, objects and export",
    "photos": "Photos",
    "modes": "Modes",
    "toolbar": "Tools",
    "tools": "What a click adds",
    "tool_point": "Point",
    "tool_background": "Background",
    "tool_box": "Box",
    "tool_brush": "Brush",
    "tool_eraser": "Eraser",
    "how": "What a click or box does",
    "how_correct": "Correct",
    "how_add": "Add",
    "how_subtract": "Subtract",
    "brush_size": "Brush size",
    "selected": "Selected:",
    "nothing_to_change": "There is no mask yet to change. Click an object first.",
    "refine": "Refine",
    "refine_more": "Second look and clean-up",
    "second_look": "Second look",
    "second_look_help": (
        "The model looks again at a crop around the object, and both masks are averaged."
    ),
    "largest": "Largest piece only",
    "largest_help": "Remove all pieces of the mask but the largest one.",
    "holes": "Fill holes",
    "holes_help": "Fill holes that are smaller than this.",
    "specks": "Remove specks",
    "specks_help": "Remove pieces that are smaller than this.",
    "smooth": "Smooth edge",
    "smooth_help": "Smooth the edge over this radius.",
    "off": "off",
    "square_pixels": "px²",
    "undo": "Undo",
    "redo": "Redo",
    "clear": "Clear",
    "subtract": "Subtract",
    "subtract_help": (
        "This model was not trained with background points: they only decide which candidate is "
        "best. Subtract also removes the masks that the model finds at them."
    ),
    "opacity": "Overlay opacity",
    "zoom": "Zoom",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "zoom_fit": "Fit into the window",
    "zoom_full": "Show at 100 %",
    "welcome": "A first mask, from one click. Click elsewhere, drag a box, or open your own photo.",
    "hint": "Click an object. Surer: drag a box around it. Right-click excludes an area.",
    "hint_touch": "Tap an object. Surer: draw a box with the frame. Minus excludes an area.",
    "drag_a_box": "Drag from corner to corner to draw a box.",
    "invite": "Choose a photo",
    "invite_more": "Pick one from the strip below, or drop or paste your own.",
    "upload_photo": "Upload a photo",
    "upload": "Upload",
    "forget": "Forget this photo and the work on it",
    "camera": "Camera",
    "take_photo": "Take photo",
    "cancel": "Cancel",
    "no_camera": "The camera is not available. Allow it in the browser, or upload a photo.",
    "opening": "Opening the photo …",
    "opening_mask": "Reading the mask …",
    "mask_opened": "The mask is an object now. Clicks correct it; Undo takes it away.",
    "reading": "Analysing the photo …",
    "exporting": "Preparing the file …",
    "file_too_large": "This file is larger than 40 MB. Save it as JPEG to make it smaller.",
    "no_answer": "The server did not answer. Your clicks are kept; click again, or undo and redo.",
    "queue_full": "Many visitors are waiting. Your clicks are kept; try again in a moment.",
    "candidates": "Candidates",
    "candidate": "Candidate",
    "unsure_box": "Unsure: drag a box around the object, the surest start.",
    "unsure_point": "Unsure: click what is missing, right-click what is too much.",
    "score": "score",
    "score_help": "The model's own estimate of the mask's quality",
    "objects": "Objects",
    "object": "Object",
    "object_name": "Name of the object",
    "add_object": "Add object",
    "add_picked": "Keep selection",
    "merge_picked": "Merge",
    "merge_help": "Keep the selected masks as one object",
    "nothing_to_keep": "Click an object first, then add the next one.",
    "hide": "Hide",
    "show": "Show",
    "remove": "Delete",
    "export": "Export",
    "export_help": "Kinds of files",
    "copied": "The cut-out is on the clipboard. Paste it where you need it.",
    "copy_refused": (
        "The browser did not allow copying. Allow the clipboard for this page, or export the "
        "cut-out as a file."
    ),
    "copy_impossible": (
        "Browsers copy pictures only on pages with https or on this computer. Export the cut-out "
        "as a file instead."
    ),
    "scope": "What to export",
    "scope_active": "Selected object",
    "scope_visible": "All visible objects",
    "choose_model": "Choose a model",
    "model_loading": "Model is loading",
    "loading": "loading",
    "no_model": "No model",
    "downloading": "Downloading",
    "photo_ms": "photo",
    "click_ms": "click",
}

WIDGET = {
    "pick_hint": "Click a mask to select it, Shift-click to select more.",
}

# Groups of files: their title, and kind, label and what is in the file.
EXPORTS = (
    (
        "Pictures",
        (
            ("copy", "Copy cut-out", "The object alone, to paste elsewhere. No file."),
            ("mask", "Mask", "Black and white PNG in the size of the photo."),
            ("cutout", "Cut-out", "The photo, transparent around the object. PNG."),
            ("labels", "Labels", "Each pixel holds the number of its object. Grey PNG."),
            ("colours", "Colours", "Labels in colours, to look at. PNG."),
            ("svg", "SVG", "One path per object, for drawing programs."),
        ),
    ),
    (
        "Training and labelling",
        (
            ("coco", "COCO", "Exact masks with names and scores, run lengths. JSON."),
            ("polygons", "Polygons", "COCO JSON with exact polygons instead of run lengths."),
            (
                "yolo",
                "YOLO",
                "Labels and data.yaml as ZIP. One polygon per object: holes and pieces are joined "
                "by thin lines. No scores.",
            ),
            ("labelme", "labelme", "Exact masks, for labelme 5.3 and later. JSON."),
            (
                "label-studio",
                "Label Studio",
                "Exact brush masks to check and correct. JSON; it also holds the labelling "
                "interface that the project needs.",
            ),
            (
                "cvat",
                "CVAT",
                "Exact masks, as “CVAT for images 1.1”. XML; add the labels to the task first.",
            ),
        ),
    ),
    (
        "All visible objects",
        (("everything", "All as ZIP", "A cut-out and a mask of each, and COCO JSON of all."),),
    ),
)
