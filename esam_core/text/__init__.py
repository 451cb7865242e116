"""Text to masks: words, views of masks, encoders, ranking."""
