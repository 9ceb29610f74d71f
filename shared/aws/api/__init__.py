"""The operators' API: one file per family of routes over the flows of `shared.flows.operating`.

`application` puts it together, `serving` holds what all routes share: who calls and what that allows, problems,
cursors, masked personal data, and the OpenAPI description that is made from the routes themselves.
"""
