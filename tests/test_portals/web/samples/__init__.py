"""Views of all twelve pages filled with made-up content, for tests and for looking at."""
