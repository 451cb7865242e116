"""What every mode says."""

CANCEL = "Cancel"
WAITING = "Waiting for the model …"
