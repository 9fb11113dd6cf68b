"""From statements to the statuses that resources show, a module for each kind: the only translation in that direction. Pure."""
