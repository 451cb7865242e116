"""Points: notes on prompts that the model cannot take as they are."""

TITLE = "Points"
MERGED = "{count} point{s} too many for the model: the oldest of a kind were joined."
LATEST = (
    "The model reads {most} points at a time: it was given the first and the latest ones, and what "
    "the others did is in the mask."
)
BACKGROUND_CHOOSES = (
    "This model does not read background points; they only decide which candidate is best. "
    "Use Subtract to cut them away."
)
