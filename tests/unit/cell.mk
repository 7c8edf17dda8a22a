# unit tests of cell
CMOCKA_TESTS += tests/unit/test_cell_breach tests/unit/test_cell_calls tests/unit/test_cell_cpu \
	tests/unit/test_cell_death tests/unit/test_cell_evict tests/unit/test_cell_frames tests/unit/test_cell_mail \
	tests/unit/test_cell_share tests/unit/test_cell_silence tests/unit/test_cell_slices tests/unit/test_cell_start tests/unit/test_cell_verdict
CELL_WORLD = tests/unit/cell_guest.c tests/unit/cell_world.c tests/unit/cell_world.h tests/unit/cmocka_all.h

CELL_TEST_LIBS = core/cell/libcell.a core/policy/libpolicy.a core/call/libcall.a core/base/libbase.a $(EVENT_LIBS) \
	$(JANSSON_LIBS) $(CONFIG_LIBS) $(SODIUM_LIBS) $(XXHASH_LIBS) $(CMOCKA_LIBS) -lm

tests_unit_test_cell_calls_SOURCES = tests/unit/test_cell_calls.c $(CELL_WORLD)
tests_unit_test_cell_calls_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_calls_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_cpu_SOURCES = tests/unit/test_cell_cpu.c $(CELL_WORLD)
tests_unit_test_cell_cpu_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_cpu_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_death_SOURCES = tests/unit/test_cell_death.c $(CELL_WORLD)
tests_unit_test_cell_death_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_death_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_evict_SOURCES = tests/unit/test_cell_evict.c $(CELL_WORLD)
tests_unit_test_cell_evict_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_evict_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_frames_SOURCES = tests/unit/test_cell_frames.c
tests_unit_test_cell_frames_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_frames_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_share_SOURCES = tests/unit/test_cell_share.c $(CELL_WORLD)
tests_unit_test_cell_share_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_share_LDADD = $(CELL_TEST_LIBS)
tests_unit_test_cell_slices_SOURCES = tests/unit/test_cell_slices.c $(CELL_WORLD)
tests_unit_test_cell_slices_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_slices_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_mail_SOURCES = tests/unit/test_cell_mail.c $(CELL_WORLD)
tests_unit_test_cell_mail_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_mail_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_verdict_SOURCES = tests/unit/test_cell_verdict.c
tests_unit_test_cell_verdict_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_verdict_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_breach_SOURCES = tests/unit/test_cell_breach.c $(CELL_WORLD)
tests_unit_test_cell_breach_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_breach_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_silence_SOURCES = tests/unit/test_cell_silence.c $(CELL_WORLD)
tests_unit_test_cell_silence_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_silence_LDADD = $(CELL_TEST_LIBS)

tests_unit_test_cell_start_SOURCES = tests/unit/test_cell_start.c $(CELL_WORLD)
tests_unit_test_cell_start_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cell_start_LDADD = $(CELL_TEST_LIBS)
