"""Telemetry: events of AI systems come in, are made durable, and become profiles of days.

An event is acknowledged when it is fsynced in a segment and its batch is committed; a worker then
counts it into the profile of its day, and seals it into Parquet.
"""
