"""Delivery: from an accepted message to every connection of everyone it is for."""
