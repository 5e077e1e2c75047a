"""The API described for machines: OpenAPI for HTTP and AsyncAPI for the WebSocket.

Paths come from the catalogue, bodies, queries and frames from the models, problems from the errors. What only the
handlers know is declared here once: which answers a route has, and what for. It lies outside of the image, and nothing
of `app` imports it.
"""
