# unit tests of dispatch
