"""Words, names and dates of Hebrew and English, for planners and agents alike."""
