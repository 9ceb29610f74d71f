"""A dry installation: the parts of a real one, read through, with everything that would be written kept in memory.

The flows run over it as they are. What they write is seen by what runs after them, and by nobody else: tables, queues,
bus and metrics are never touched, and a partner's write ends here, answered as a partner that did what it was told.
"""
