"""Monitoring: limits on measures of AI systems, breaches of them, alerts, and filed reports."""
