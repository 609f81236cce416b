"""The learned half of detection: a small sentence encoder that judges what is meant."""
