"""Text: objects found by their description."""

TITLE = "Text"
HINT = "Type what to look for and press Enter. Commas separate texts."
QUERY = "What to look for"
EXAMPLE = "a dog, cars"
RUN = "Find"
RANKED = "Best masks"
THRESHOLD = "Lowest score of a match"
ENCODER = "Text model"
KEEP = "Keep as objects"
KEPT = "{count} kept as objects."
CLIP = "{title} understands any English text. Licence of its weights: {licence}."
OFFLINE = (
    "Offline vocabulary: it knows the 1000 ImageNet classes and related nouns, but no "
    "colours, places or actions. For free text choose CLIP above; get it with"
)
COMMAND = 'python -m esam_core text PHOTO "a red car" --out mask.png --encoder ViT-B-32 --download'
NO_MATCH = "No match for “{text}” (best score {best:.2f})."
NO_SUCH_ENCODER = "There is no text model {name!r}."
PROGRESS = "Analysing the photo: {done} %"
