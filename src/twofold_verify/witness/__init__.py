"""A witness of transparency logs (C2SP tlog-witness), for another party to run.

It remembers the last checkpoint of each log that it was told to trust, and cosigns the next one
when a proof shows that the log only grew. It needs no database and no server but this one.
"""
