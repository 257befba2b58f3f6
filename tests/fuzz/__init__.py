"""Every parser of foreign bytes against inputs of a grammar that is nearly right; see README."""
