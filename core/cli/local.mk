# the hospes command
