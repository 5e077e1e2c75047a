"""What a month costs: prices, and what was measured."""
