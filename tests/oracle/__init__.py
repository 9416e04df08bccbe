"""A second opinion: a slow scorer written from the regulation alone, to be compared with the product's
engine.
"""
