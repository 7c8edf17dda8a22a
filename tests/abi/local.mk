# The ABI of libhospes against the baselines of its minor versions: what a plugin built with an older SDK sees must stay as it
# is for ever; functions may be added.  `make abi-baseline` writes the baseline of the SDK that there is, once its minor
# version has been raised.
ABI_BASELINES = \
	tests/abi/libhospes-1.0.abi tests/abi/libhospes-1.1.abi tests/abi/libhospes-1.2.abi tests/abi/libhospes-1.3.abi
ABI_SUPPRESSIONS = $(top_srcdir)/tests/abi/suppressions
EXTRA_DIST += $(ABI_BASELINES) tests/abi/suppressions

abi: sdk/libhospes.la
	for baseline in $(ABI_BASELINES); do \
		abidiff --no-added-syms --drop-private-types --headers-dir2 $(top_srcdir)/sdk/include \
		    --suppressions $(ABI_SUPPRESSIONS) $(top_srcdir)/$$baseline sdk/.libs/libhospes.so || exit; \
	done

abi-baseline: sdk/libhospes.la
	minor=`sed -n 's/^#define HOSPES_ABI_MINOR //p' $(top_srcdir)/sdk/include/hospes.h` && \
	abidw --drop-private-types --headers-dir $(top_srcdir)/sdk/include --suppressions $(ABI_SUPPRESSIONS) \
	    --no-show-locs --no-corpus-path --no-comp-dir-path \
	    --out-file $(top_srcdir)/tests/abi/libhospes-1.$$minor.abi sdk/.libs/libhospes.so

.PHONY: abi abi-baseline
