"""评定方案: what it says, whether it holds together, how it is frozen."""
