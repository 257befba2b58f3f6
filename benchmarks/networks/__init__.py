"""Clients behind a slow network: a proxy that delays, TLS 1.3, and what users wait for."""
