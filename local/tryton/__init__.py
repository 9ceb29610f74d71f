"""A real Tryton 7.8 beside the tests and the demo: built once, copied for each run, driven over its own HTTP API.

Tryton is licensed GPL-3 and stays a program of its own: it lives in `.venvs/tryton`, runs as a separate process, and no
module of this project imports it. (`set_up.py` is a script that runs inside that environment, never here.)

    with TrytonServer(Path(".cache/tryton/run")) as erp:
        Client(erp.url, erp.database, erp.user, erp.password).call("party.party", "search", [])
"""
