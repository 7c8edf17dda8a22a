# What the tour (`hospes demo`) drops into its private hosts: agents that do what no agent should.  Installed, but not
# where a host looks for plugins.

demodir = $(pkglibdir)/demo
demo_DATA = \
	plugins/demo/demo-burglar.so plugins/demo/demo-liar.so plugins/demo/demo-payer.so plugins/demo/demo-ping.so plugins/demo/demo-pong.so \
	plugins/demo/demo-spender.so
EXTRA_DIST += plugins/common/kernel.h plugins/demo/burglar.c plugins/demo/liar.c plugins/demo/payer.c plugins/demo/ping.c plugins/demo/spender.c
CLEANFILES += $(demo_DATA)

DEMO_PLUGIN = $(PLUGIN_LINK) $(top_srcdir)/plugins/demo
plugins/demo/demo-burglar.so: plugins/demo/burglar.c plugins/common/kernel.h $(STAGE_SDK)
	$(DEMO_PLUGIN)/burglar.c $(PLUGIN_LIBS)
plugins/demo/demo-liar.so: plugins/demo/liar.c $(STAGE_SDK)
	$(DEMO_PLUGIN)/liar.c $(PLUGIN_LIBS)
plugins/demo/demo-payer.so: plugins/demo/payer.c $(STAGE_SDK)
	$(DEMO_PLUGIN)/payer.c $(PLUGIN_LIBS)
plugins/demo/demo-ping.so: plugins/demo/ping.c $(STAGE_SDK)
	$(DEMO_PLUGIN)/ping.c $(PLUGIN_LIBS)
plugins/demo/demo-pong.so: plugins/demo/ping.c $(STAGE_SDK)
	$(DEMO_PLUGIN)/ping.c -DPONG $(PLUGIN_LIBS)
plugins/demo/demo-spender.so: plugins/demo/spender.c $(STAGE_SDK)
	$(DEMO_PLUGIN)/spender.c $(PLUGIN_LIBS)
