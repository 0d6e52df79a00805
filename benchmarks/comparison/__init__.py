"""Side-by-side comparison of TLS-terminating proxies. `main` is the entry; every other module is one concern."""
