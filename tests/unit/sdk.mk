# unit tests of sdk
