# The world outside the host, for scenarios that kill it.
check_PROGRAMS += tests/chaos/counting_server
tests_chaos_counting_server_SOURCES = tests/chaos/counting_server.c
tests_chaos_counting_server_LDADD = $(EVENT_LIBS) $(XXHASH_LIBS)
