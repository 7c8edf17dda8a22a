# unit tests of the guest's side of cells
CMOCKA_TESTS += tests/unit/test_guest
tests_unit_test_guest_SOURCES = tests/unit/test_guest.c tests/unit/guest_host.c tests/unit/guest_host.h
tests_unit_test_guest_LDADD = core/base/libbase.a $(CMOCKA_LIBS) $(SECCOMP_LIBS) $(JANSSON_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS) -lm
tests_unit_test_guest_DEPENDENCIES = core/base/libbase.a core/cell/hospes-spawner core/cell/hospes-cell \
	core/cell/hospes-inspect $(GUEST_FIXTURES)

CMOCKA_TESTS += tests/unit/test_programs
tests_unit_test_programs_SOURCES = tests/unit/test_programs.c
tests_unit_test_programs_LDADD = core/cell/libsandbox.a core/base/libbase.a $(CMOCKA_LIBS) $(SECCOMP_LIBS)

CMOCKA_TESTS += tests/unit/test_inspector
tests_unit_test_inspector_SOURCES = tests/unit/test_inspector.c
tests_unit_test_inspector_LDADD = core/cell/libinspect.a core/base/libbase.a $(CMOCKA_LIBS) $(ELF_LIBS) $(JANSSON_LIBS) \
	$(XXHASH_LIBS) $(SODIUM_LIBS) -lm
tests_unit_test_inspector_DEPENDENCIES = core/cell/libinspect.a core/base/libbase.a core/cell/hospes-inspect \
	$(GUEST_FIXTURES)

# Plugins for them, straight from the headers in the tree: they have no libraries of their own, the cell has them all.
GUEST_FIXTURES = tests/unit/guest-good.so tests/unit/guest-stripped.so tests/unit/guest-abi.so \
	tests/unit/guest-symbol.so tests/unit/guest-init.so tests/unit/guest-init-time.so tests/unit/guest-constructor.so \
	tests/unit/guest-state.so tests/unit/guest-import.so tests/unit/guest-tls.so tests/unit/guest-ifunc.so \
	tests/unit/guest-note.so tests/unit/guest-rpath.so tests/unit/guest-execstack.so tests/unit/guest-needed.so
GUEST_FIXTURE = $(CC) -shared -fPIC -g -O0 -I$(top_srcdir)/sdk/include $(JANSSON_CFLAGS) -o $@ \
	$(top_srcdir)/tests/unit/guest_fixture.c
EXTRA_DIST += tests/unit/guest_fixture.c
CLEANFILES += $(GUEST_FIXTURES)
$(GUEST_FIXTURES): tests/unit/guest_fixture.c sdk/include/hospes.h tests/unit/$(am__dirstamp)
tests/unit/guest-good.so: ; $(AM_V_CC)$(GUEST_FIXTURE)
tests/unit/guest-stripped.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -s
tests/unit/guest-abi.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_ABI
tests/unit/guest-symbol.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_SYMBOL
tests/unit/guest-init.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_INIT
tests/unit/guest-init-time.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_INIT_TIME
tests/unit/guest-constructor.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_CONSTRUCTOR
tests/unit/guest-state.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_STATE
tests/unit/guest-import.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_IMPORT
tests/unit/guest-tls.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_TLS
tests/unit/guest-ifunc.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_IFUNC
tests/unit/guest-note.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -DFAULT_NOTE
tests/unit/guest-rpath.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -Wl,-rpath,/tmp
tests/unit/guest-execstack.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -z execstack
tests/unit/guest-needed.so: ; $(AM_V_CC)$(GUEST_FIXTURE) -Wl,--no-as-needed -l:libz.so.1
