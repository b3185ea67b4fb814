"""Programs that take uploaded files apart, each run in a process of its own.

A parser of a rich format may be led astray by a file that was made for it: into endless work, into
all the memory there is, or into running what the file says. So none of them runs in the server or
the worker. The process (`child`) is given one open file and nothing else: no environment, no
secrets, no database; it may write no file, and the system ends it beyond its share of memory and
processor. The caller (`process`) waits for a limited time and takes a limited answer.
"""
