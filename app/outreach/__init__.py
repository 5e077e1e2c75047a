"""Reaching people who are not looking: each channel behind a queue of its own that hears the notifications topic."""
