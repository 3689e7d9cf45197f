"""Everything that opens or writes a file of a stranger: limits, TOML and JSON, arrays, atomic
writes.
"""
