# Plugins that the scenarios need beyond the fixtures.
E2E_PLUGINS = tests/e2e/plugins/fan.so tests/e2e/plugins/twice.so
check_DATA += $(E2E_PLUGINS)
CLEANFILES += $(E2E_PLUGINS)
EXTRA_DIST += tests/e2e/plugins/fan.c tests/e2e/plugins/twice.c

$(E2E_PLUGINS): %.so: %.c $(STAGE_SDK)
	$(PLUGIN_LINK) $< $(PLUGIN_LIBS)
