"""Settings, URL map and WSGI entry point: the top floor, which wires the others together."""
