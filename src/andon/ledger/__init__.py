"""What happened: the tables, how files become rows, and the engines that answer."""
