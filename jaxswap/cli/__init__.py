"""One file a command: parse, build, call one library function."""
