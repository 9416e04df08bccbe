"""节假日安排: a year's days off, from the published text into the table of working days."""
