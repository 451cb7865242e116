"""Texts that several modes share."""

CANCEL = "Cancel"
WAITING = "Waiting for the model …"
