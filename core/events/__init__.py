"""Reading what happened: the low-volume events of the log, as a list and as a stream."""
