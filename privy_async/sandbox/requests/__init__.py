"""What an HTTP request says, read and checked: its fields, and the refusals that answer it."""
