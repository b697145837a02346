"""Where MiniStack as a whole differs from what AWS documents.

See ministack_s3.py for what GAPS and apply() are.
"""

GAPS = [
    ["every API", "what it holds is written down when it stops: it is lost if the process is killed", "open"],
    ["every API", "no throttling, no eventual consistency, and nearly no state transitions: what is made is there at once", "open"],
    ["client tokens", "not honoured: the same request twice makes two", "open"],
    ["Application Auto Scaling", "not there", "open"]
]


def apply():
    pass
