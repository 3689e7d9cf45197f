"""Where names of version 0.1 were: each is found with one warning that says where it is now."""

from __future__ import annotations

from resistype._renamed import old_names

__getattr__ = old_names(__name__)
