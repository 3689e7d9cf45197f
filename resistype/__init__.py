"""Programmes of resistance to cancer immunotherapy, with their evidence. Research use only."""
