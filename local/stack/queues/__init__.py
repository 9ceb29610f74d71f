"""The data plane of SQS in memory: standard queues with visibility, delays, redrive and dead letters.

moto stays the control plane (CreateQueue, attributes, tags). Its messages are not used: threads lose some (a delete
rebuilds the list without a lock), and each call walks the whole queue.
"""
