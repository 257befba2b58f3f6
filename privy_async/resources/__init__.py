"""Every operation of the API as a method, in rooms by what it is about.

Rely on the methods that a client reaches and on the values in `privy_async.types`.
"""
