"""Text: objects found by their description."""

TITLE = "Text"
HINT = "Type what to look for and press Enter. Commas separate texts."
QUERY = "What to look for"
EXAMPLE = "a dog, cars"
RUN = "Find"
RANKED = "Best masks"
THRESHOLD = "How well it must fit"
SCORE_OFFLINE = (
    "The number is how likely a mask shows the word, 0 to 1; from {threshold:g} on it is found, "
    "which went best on the example photos. Nothing found: move it left. Too much: right."
)
SCORE_CLIP = (
    "The number sets the text against “background” and “texture”, 0 to 1; from {threshold:g} on it "
    "is likelier than both together, which no measurement has chosen. Nothing found: move it left. "
    "Too much: right."
)
COMPETE = "Texts compete for a mask"
COMPETE_MEANS = "Each mask then counts for the text that it fits best, as if no other were true."
ENCODER = "Understands words with"
KEEP = "Keep as objects"
KEPT = "{count} kept as objects."
ABOUT = "Any English words. {licence}"
CLIP = "{title} understands any English words. Licence: {licence}."
PACKAGES = "It needs more packages here: pip install {packages}"
READ_BY = "Texts are read by {title} ({provenance})"
ELSEWHERE = "Not on this machine: {names}. To get one: {command}, then make a new playground."
MEGABYTES = "{title} ({megabytes} MB)"
OFFLINE_TITLE = "Offline words"
OFFLINE = (
    "Offline words are some 3,000 things, such as animals, vehicles and food, but no colours, "
    "places or actions. For anything else, choose CLIP above."
)
FOUND = "{count} found."
NO_MATCH = (
    "Nothing found for “{text}”: the nearest fits {best:.2f}. Move the slider below it to see it, "
    "or try another word."
)
NO_SUCH_ENCODER = "There is no text model {name!r}."
PROGRESS = "Analysing the photo: {done} %"
WORDS = "In this photo:"
TRY = "For example:"
MEANT = "Try instead:"
EVERYDAY = ("person", "dog", "cat", "car", "cup", "clock")
