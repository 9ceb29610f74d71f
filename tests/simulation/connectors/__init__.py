"""Real connectors in the simulation: each over the stateful fake of its partner's API, with a wire that fails between.

`binding` says what is known of one connector, `desk` what the people at its partner see and do, `wire` carries the
connector's calls to the fake, `housed` and `reached` are the partner and its port as the rest of the simulation knows
them.
"""
