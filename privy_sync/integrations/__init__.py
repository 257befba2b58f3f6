"""Ways into the frameworks that the sync face is used in; each needs its framework alone."""
