"""What visitors share: models, photos, results and one scheduler. Knows no page."""
