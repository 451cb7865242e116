"""Text: objects found by their description."""

TITLE = "Text"
HINT = "Type what to look for and press Enter. Commas separate texts."
QUERY = "What to look for"
EXAMPLE = "a dog, cars"
RUN = "Find"
RANKED = "Best masks"
THRESHOLD = "How well it must fit"
ENCODER = "Understands words with"
KEEP = "Keep as objects"
KEPT = "{count} kept as objects."
ABOUT = "Any English words. {licence}"
CLIP = "{title} understands any English words. Licence: {licence}."
PACKAGES = "It needs more packages here: pip install {packages}"
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
