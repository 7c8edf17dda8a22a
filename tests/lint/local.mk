# cppcheck and clang-tidy over every C file of ours; both have to be quiet.
LINT_JOBS = 2
LINT_DEFINES = -DHAVE_CONFIG_H -I. $(AM_CPPFLAGS) -I$(top_srcdir)/plugins $(CONFIG_CFLAGS) $(CURL_CFLAGS) $(LMDB_CFLAGS) $(SQLITE_CFLAGS) $(SECCOMP_CFLAGS) \
	$(SODIUM_CFLAGS) $(XXHASH_CFLAGS) $(XML_CFLAGS) $(ZLIB_CFLAGS) $(ELF_CFLAGS) $(CMOCKA_CFLAGS)
EXTRA_DIST += .clang-tidy tests/lint/cppcheck.cfg tests/lint/cppcheck.txt tests/lint/files \
	tests/lint/tidy

lint: cppcheck clang-tidy

cppcheck:
	cppcheck --quiet --enable=warning,performance,portability --std=c11 --inline-suppr --error-exitcode=1 \
	    -j $(LINT_JOBS) --suppressions-list=$(top_srcdir)/tests/lint/cppcheck.txt \
	    --library=$(top_srcdir)/tests/lint/cppcheck.cfg --library=posix --library=gnu \
	    -D__x86_64__ -D__linux__ -DBASE_LOG_H \
	    -I$(top_srcdir)/core -I$(top_srcdir)/sdk -I$(top_srcdir)/sdk/include -I$(top_srcdir)/plugins \
	    `$(SHELL) $(top_srcdir)/tests/lint/files $(top_srcdir)`

clang-tidy: config.h
	printf '%s\n' -std=gnu17 $(LINT_DEFINES) >lint-flags
	$(SHELL) $(top_srcdir)/tests/lint/files $(top_srcdir) | \
	    xargs -P $(LINT_JOBS) -n 4 $(SHELL) $(top_srcdir)/tests/lint/tidy lint-flags
CLEANFILES += lint-flags

.PHONY: lint cppcheck clang-tidy
