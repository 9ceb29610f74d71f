"""The data plane of DynamoDB in memory: items, conditions, transactions, indexes, streams and units.

moto stays the control plane (CreateTable, DescribeTable, time to live, …). Its data plane is not used: reading a 5 kB
item takes it 14 ms, a transaction copies every table, parallel transactions raise, units are a constant. Here a read
takes 0.1 ms, everything runs under one lock, and a transaction checks all its conditions before it writes anything.
What this module does not know is refused with a ValidationException, never ignored.
"""
