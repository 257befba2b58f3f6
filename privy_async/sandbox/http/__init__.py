"""The sandbox's face: HTTP in and out, the log of requests, faults on demand, the page."""
