"""学校资料: what a school keeps of itself whatever the year, and what it states once a year."""
