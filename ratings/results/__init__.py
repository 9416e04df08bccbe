"""结果、方法、核验: what stands for good, how it came about, and how anybody can check it."""
