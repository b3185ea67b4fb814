"""Inventory: the register of AI systems (ISO/IEC 42001 A.4, A.6.2, A.9.4)."""
