"""Registry and records in and out as workbooks: checked as a whole, then written as a whole or not at all."""
