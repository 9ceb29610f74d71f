"""A system of the simplest kind: two lists that can be read whole and added to, and nothing else.

No search, no paging, no change, no time of change, no versions: what many small programs offer. Integer ids.
Start it with `python -m local.simple`, or from Python with `local.simple.running.SimpleSystem`.
"""
