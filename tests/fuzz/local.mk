# Fuzz targets: libFuzzer with ASan and UBSan, so the sources are compiled by clang once more, outside the other builds.
FUZZ_RUNS = 20000

fuzz:

.PHONY: fuzz
