# The ABI of libhospes against the baseline of 1.0: what a plugin built with SDK 1.0 sees must stay as it is for ever;
# functions may be added.  `make abi-baseline` writes the baseline of a new minor version.
ABI_BASELINE = $(top_srcdir)/tests/abi/libhospes-1.0.abi
ABI_SUPPRESSIONS = $(top_srcdir)/tests/abi/suppressions
EXTRA_DIST += tests/abi/libhospes-1.0.abi tests/abi/suppressions

abi: sdk/libhospes.la
	abidiff --no-added-syms --drop-private-types --headers-dir2 $(top_srcdir)/sdk/include \
	    --suppressions $(ABI_SUPPRESSIONS) $(ABI_BASELINE) sdk/.libs/libhospes.so

abi-baseline: sdk/libhospes.la
	abidw --drop-private-types --headers-dir $(top_srcdir)/sdk/include --suppressions $(ABI_SUPPRESSIONS) \
	    --no-show-locs --no-corpus-path --no-comp-dir-path --out-file $(ABI_BASELINE) sdk/.libs/libhospes.so

.PHONY: abi abi-baseline
