# unit tests of tool
