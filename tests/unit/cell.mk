# unit tests of cell
