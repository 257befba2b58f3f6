"""Rules of who may do what: policies, condition sets, aggregations, key quorums and intents.

Rely on the methods that a client reaches and on the values in `privy_async.types`.
"""
