"""Points: what is said about a prompt that the model cannot read as it was given."""

TITLE = "Points"
MERGED = (
    "{count} point{s} too many for the model: the oldest of one kind were joined at their middle."
)
BACKGROUND_CHOOSES = (
    "This model does not read background points; they choose among the candidates. "
    "Subtract cuts them away."
)
