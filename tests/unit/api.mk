# unit tests of api and cli
CMOCKA_TESTS += tests/unit/test_api tests/unit/test_api_memory tests/unit/test_api_resume tests/unit/test_api_start \
	tests/unit/test_api_streams
api_world_sources = tests/unit/api_fakes.c tests/unit/api_fakes.h tests/unit/api_fakes_guards.c \
	tests/unit/api_fakes_memory.c tests/unit/api_world.c tests/unit/api_world.h tests/unit/cmocka_all.h
tests_unit_test_api_SOURCES = tests/unit/test_api.c $(api_world_sources)
tests_unit_test_api_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_api_LDADD = core/api/libapi.a core/base/libbase.a $(EVENT_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) \
	$(SODIUM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_api_memory_SOURCES = tests/unit/test_api_memory.c $(api_world_sources)
tests_unit_test_api_memory_CPPFLAGS = $(tests_unit_test_api_CPPFLAGS)
tests_unit_test_api_memory_LDADD = $(tests_unit_test_api_LDADD)
tests_unit_test_api_resume_SOURCES = tests/unit/test_api_resume.c $(api_world_sources)
tests_unit_test_api_resume_CPPFLAGS = $(tests_unit_test_api_CPPFLAGS)
tests_unit_test_api_resume_LDADD = $(tests_unit_test_api_LDADD)
tests_unit_test_api_streams_SOURCES = tests/unit/test_api_streams.c $(api_world_sources)
tests_unit_test_api_streams_CPPFLAGS = $(tests_unit_test_api_CPPFLAGS)
tests_unit_test_api_streams_LDADD = $(tests_unit_test_api_LDADD)
tests_unit_test_api_start_SOURCES = tests/unit/test_api_start.c $(api_world_sources)
tests_unit_test_api_start_CPPFLAGS = $(tests_unit_test_api_CPPFLAGS)
tests_unit_test_api_start_LDADD = $(tests_unit_test_api_LDADD)

cli_test_libs = $(CLI_LIBS) $(CMOCKA_LIBS)
CMOCKA_TESTS += tests/unit/test_cli tests/unit/test_cli_test
tests_unit_test_cli_SOURCES = tests/unit/test_cli.c
tests_unit_test_cli_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_LDADD = $(cli_test_libs)
tests_unit_test_cli_test_SOURCES = tests/unit/test_cli_test.c
tests_unit_test_cli_test_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_test_LDADD = $(cli_test_libs)
CMOCKA_TESTS += tests/unit/test_document tests/unit/test_source_cache tests/unit/test_sources
tests_unit_test_document_SOURCES = tests/unit/test_document.c tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_document_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_document_LDADD = $(cli_test_libs)
SOURCES_HOST = tests/unit/sources_host.c tests/unit/sources_host.h tests/unit/cmocka_all.h tests/unit/scratch.h
tests_unit_test_source_cache_SOURCES = tests/unit/test_source_cache.c $(SOURCES_HOST)
tests_unit_test_source_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SODIUM_CFLAGS)
tests_unit_test_source_cache_LDADD = $(cli_test_libs)
tests_unit_test_sources_SOURCES = tests/unit/test_sources.c $(SOURCES_HOST)
tests_unit_test_sources_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SODIUM_CFLAGS)
tests_unit_test_sources_LDADD = $(cli_test_libs)
CMOCKA_TESTS += tests/unit/test_ask
tests_unit_test_ask_SOURCES = tests/unit/test_ask.c
tests_unit_test_ask_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ask_LDADD = $(cli_test_libs)
