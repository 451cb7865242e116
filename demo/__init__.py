"""The page and the notebook widget around esam_core."""
