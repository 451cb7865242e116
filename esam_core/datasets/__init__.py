"""Images with known objects, and boxes from detectors."""
