# Unit tests: each room adds its own fragment.
CMOCKA_TESTS =
include tests/unit/base.mk
include tests/unit/cell.mk
include tests/unit/guest.mk
include tests/unit/memory.mk
include tests/unit/registry.mk
include tests/unit/tool.mk
include tests/unit/dispatch.mk
include tests/unit/sdk.mk
include tests/unit/api.mk
include tests/unit/brief.mk
include tests/unit/host.mk
include tests/unit/plugins.mk
include tests/unit/polls.mk
include tests/unit/observe.mk
check_PROGRAMS += $(CMOCKA_TESTS)
TESTS += $(CMOCKA_TESTS)
