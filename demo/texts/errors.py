"""Error messages of the page."""

NO_PHOTO = "Choose a photo first."
PHOTO_GONE = "The server no longer holds this photo. Choose it again; your clicks are kept."
UNEXPECTED = "Something went wrong on the server. Your clicks are kept; try again."
CANCELLED = "Cancelled. The previous result is kept."
NOT_A_NUMBER = (
    "{title} returned invalid scores in {precision} on {device}. Start the page with "
    "--precision fp32; your clicks are kept."
)
NO_SUCH_EXAMPLE = "There is no example photo {name!r}. Choose one from the strip."
NO_FILE = "No file arrived. Choose a photo again."
A_FILE = "the file"
TOO_MANY_MASKS = "{name} holds {count} masks; at most {most} become objects. Split the file."
EXPORT_NOTHING = "There is no mask to export. Click an object first."
EXPORT_KIND = "{kind!r} cannot be exported; choose one of {kinds}."
PROMPTS_NOT_AN_OBJECT = (
    "prompts must be a JSON object with point_coords, point_labels and box_xyxy, got {what}."
)
NO_PROMPT = "Nothing was pointed at. Give at least one point or a box."
TOO_MANY_POINTS = "At most {most} points can be sent, got {count}. Remove some."
LABELS_MISSING = (
    "{points} points but {labels} labels given; give one label per point (1 foreground, "
    "0 background)."
)
WRONG_TYPE = "{key} is {value}; it must be {what}."
A_TEXT = "the name of a model as text, or be left out"
TRUE_OR_FALSE = "true or false"
