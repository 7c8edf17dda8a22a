# What the tour (`hospes demo`) drops into its private hosts: agents that do what no agent should.  Installed, but not
# where a host looks for plugins.

DEMO_POLL = plugins/demo/demo-poll.so plugins/demo/demo-chair.so plugins/demo/demo-voter-1.so plugins/demo/demo-voter-2.so \
	plugins/demo/demo-voter-3.so plugins/demo/demo-voter-4.so plugins/demo/demo-voter-5.so
demodir = $(pkglibdir)/demo
demo_DATA = \
	plugins/demo/demo-burglar.so plugins/demo/demo-liar.so plugins/demo/demo-payer.so plugins/demo/demo-ping.so \
	plugins/demo/demo-pong.so plugins/demo/demo-spender.so $(DEMO_POLL)
EXTRA_DIST += plugins/common/kernel.h plugins/demo/burglar.c plugins/demo/liar.c plugins/demo/payer.c \
	plugins/demo/ping.c plugins/demo/poll.c plugins/demo/spender.c plugins/demo/voter.c
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
plugins/demo/demo-poll.so: plugins/demo/poll.c $(STAGE_SDK)
	$(DEMO_PLUGIN)/poll.c $(PLUGIN_LIBS)
DEMO_VOTER = $(DEMO_PLUGIN)/voter.c $(PLUGIN_LIBS)
plugins/demo/demo-chair.so: plugins/demo/voter.c $(STAGE_SDK)
	$(DEMO_VOTER) -DWHO=0 -DNAME='"demo-chair"'
plugins/demo/demo-voter-1.so: plugins/demo/voter.c $(STAGE_SDK)
	$(DEMO_VOTER) -DWHO=1 -DNAME='"demo-voter-1"'
plugins/demo/demo-voter-2.so: plugins/demo/voter.c $(STAGE_SDK)
	$(DEMO_VOTER) -DWHO=2 -DNAME='"demo-voter-2"'
plugins/demo/demo-voter-3.so: plugins/demo/voter.c $(STAGE_SDK)
	$(DEMO_VOTER) -DWHO=3 -DNAME='"demo-voter-3"'
plugins/demo/demo-voter-4.so: plugins/demo/voter.c $(STAGE_SDK)
	$(DEMO_VOTER) -DWHO=4 -DNAME='"demo-voter-4"'
plugins/demo/demo-voter-5.so: plugins/demo/voter.c $(STAGE_SDK)
	$(DEMO_VOTER) -DWHO=5 -DNAME='"demo-voter-5"'
