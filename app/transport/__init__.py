"""HTTP/1.1 without asyncio's transports, for the post lane and for direct calls: sockets, TLS, answers, signatures."""
