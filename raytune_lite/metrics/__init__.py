"""Numbers of a running study, for monitoring systems; and what slots cost. Knows no Ray, no database and no clock."""
