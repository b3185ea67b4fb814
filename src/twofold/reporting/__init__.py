"""Reporting: facts are gathered, the domain computes, pages get their answer. No tables."""
