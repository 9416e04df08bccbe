"""节假日安排: a year's days off and working weekends, from the published text into the table of working days."""
