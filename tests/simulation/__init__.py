"""The real client and the real sandbox in a simulated world; see the README beside this file."""
