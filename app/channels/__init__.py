"""The ways out: one module for each product."""
