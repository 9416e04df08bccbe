"""监测: how every school of a city stands in a year, what is odd about it and why. Read, never written."""
