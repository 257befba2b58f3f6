"""HTTP requests, read and checked: their fields, and the refusals that answer them."""
