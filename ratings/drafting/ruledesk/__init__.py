"""Small forms that write the rule line for those who will not learn the language, and what helps while
writing it.
"""
