"""Texts about models."""

GET_COMMAND = "python -m esam_core weights download {name}"
BUNDLED_NOTE = "The small bundled model is answering. For {title}, choose it above or run"
RANDOM_NOTE = "The weights are random, so the masks are meaningless. For {title} run"
DOWNLOAD = "Download {megabytes} MB"
ABOUT = "{parameters:.0f} million parameters, {licence}"
ABOUT_SMALL = "{parameters:.1f} million parameters, {licence}"
FAILED = "The model could not be loaded: {reason}"
