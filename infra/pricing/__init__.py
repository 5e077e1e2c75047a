"""What a month costs: `python -m infra.pricing --users 1000`, or `make cost USERS=1000`.

Quantities are what people do (`usage`, `activity`) times what was measured of it (`measured.json`, by `make sizing`),
and what the template has (`inventory`). All prices stand in one table (`prices.csv`).
"""
