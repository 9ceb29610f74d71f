"""A small, honest stand-in for a CRM: a process of its own that keeps its records in SQLite and speaks plain REST.

It has the manners of real ones: bearer token, keyset paging by time of change, strong ETags, batches that are not
atomic, signed webhooks with retries, soft deletes; and faults that can be switched on. It knows nothing of Tandem.
Start it with `python -m local.crm`, or from Python with `local.crm.running.SampleCrm`.
"""
