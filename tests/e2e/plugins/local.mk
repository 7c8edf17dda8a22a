# Plugins that the scenarios need beyond the fixtures.
E2E_PLUGINS = tests/e2e/plugins/briefer.so tests/e2e/plugins/chores.so tests/e2e/plugins/crowd.so \
	tests/e2e/plugins/dear.so tests/e2e/plugins/fan.so tests/e2e/plugins/heir.so tests/e2e/plugins/moody.so tests/e2e/plugins/nag.so \
	tests/e2e/plugins/purse.so tests/e2e/plugins/ring.so tests/e2e/plugins/twice.so
FORGES = tests/e2e/plugins/forge-ready.so tests/e2e/plugins/forge-stack.so tests/e2e/plugins/forge-prctl.so \
	tests/e2e/plugins/forge-unmap.so tests/e2e/plugins/forge-over.so tests/e2e/plugins/forge-protect.so \
	tests/e2e/plugins/forge-move.so
RELAYS = tests/e2e/plugins/relay.so tests/e2e/plugins/relay-1.so tests/e2e/plugins/relay-2.so \
	tests/e2e/plugins/relay-3.so tests/e2e/plugins/relay-4.so tests/e2e/plugins/relay-4-new.so
FICKLES = tests/e2e/plugins/fickle.so tests/e2e/plugins/fickle-2.so tests/e2e/plugins/fickle-a.so \
	tests/e2e/plugins/fickle-b.so tests/e2e/plugins/fickle-c.so
check_DATA += $(E2E_PLUGINS) $(FICKLES) $(FORGES) $(RELAYS)
CLEANFILES += $(E2E_PLUGINS) $(FICKLES) $(FORGES) $(RELAYS)
EXTRA_DIST += tests/e2e/plugins/briefer.c tests/e2e/plugins/chores.c tests/e2e/plugins/crowd.c \
	tests/e2e/plugins/dear.c tests/e2e/plugins/fan.c tests/e2e/plugins/fickle.c tests/e2e/plugins/forge.c tests/e2e/plugins/heir.c \
	tests/e2e/plugins/moody.c tests/e2e/plugins/nag.c tests/e2e/plugins/purse.c tests/e2e/plugins/relay.c \
	tests/e2e/plugins/ring.c tests/e2e/plugins/twice.c

tests/e2e/plugins/twice.so $(FICKLES): tests/fixtures/nap.h
$(E2E_PLUGINS): %.so: %.c $(STAGE_SDK)
	$(PLUGIN_LINK) $< $(PLUGIN_LIBS)

FORGE = $(PLUGIN_LINK) $(top_srcdir)/tests/e2e/plugins/forge.c $(PLUGIN_LIBS)
$(FORGES): tests/e2e/plugins/forge.c $(STAGE_SDK)
tests/e2e/plugins/forge-ready.so: ; $(FORGE) -DNAME='"forge-ready"' -DHOW=FORGE_READY
tests/e2e/plugins/forge-stack.so: ; $(FORGE) -DNAME='"forge-stack"' -DHOW=FORGE_STACK
tests/e2e/plugins/forge-prctl.so: ; $(FORGE) -DNAME='"forge-prctl"' -DHOW=FORGE_PRCTL
tests/e2e/plugins/forge-unmap.so: ; $(FORGE) -DNAME='"forge-unmap"' -DHOW=FORGE_UNMAP
tests/e2e/plugins/forge-over.so: ; $(FORGE) -DNAME='"forge-over"' -DHOW=FORGE_OVER
tests/e2e/plugins/forge-protect.so: ; $(FORGE) -DNAME='"forge-protect"' -DHOW=FORGE_PROTECT
tests/e2e/plugins/forge-move.so: ; $(FORGE) -DNAME='"forge-move"' -DHOW=FORGE_MOVE

RELAY = $(PLUGIN_LINK) $(top_srcdir)/tests/e2e/plugins/relay.c $(PLUGIN_LIBS)
$(RELAYS): tests/e2e/plugins/relay.c $(STAGE_SDK)
tests/e2e/plugins/relay.so: ; $(RELAY) -DNAME='"relay"' -DNEXT='"relay-1"'
tests/e2e/plugins/relay-1.so: ; $(RELAY) -DNAME='"relay-1"' -DNEXT='"relay-2"'
tests/e2e/plugins/relay-2.so: ; $(RELAY) -DNAME='"relay-2"' -DNEXT='"relay-3"'
tests/e2e/plugins/relay-3.so: ; $(RELAY) -DNAME='"relay-3"' -DNEXT='"relay-4"'
tests/e2e/plugins/relay-4.so: ; $(RELAY) -DNAME='"relay-4"'
tests/e2e/plugins/relay-4-new.so: ; $(RELAY) -DNAME='"relay-4"' -DSEMVER='"1.1.0"'

FICKLE = $(PLUGIN_LINK) $(top_srcdir)/tests/e2e/plugins/fickle.c $(PLUGIN_LIBS)
$(FICKLES): tests/e2e/plugins/fickle.c $(STAGE_SDK)
tests/e2e/plugins/fickle.so: ; $(FICKLE)
tests/e2e/plugins/fickle-2.so: ; $(FICKLE) -DSEMVER='"1.1.0"'
tests/e2e/plugins/fickle-a.so: ; $(FICKLE) -DNAME='"fickle-a"' -DPRICE='"300"' -DOFFERS='"fickle.work"'
tests/e2e/plugins/fickle-b.so: ; $(FICKLE) -DNAME='"fickle-b"' -DPRICE='"100"' -DOFFERS='"fickle.work"'
tests/e2e/plugins/fickle-c.so: ; $(FICKLE) -DNAME='"fickle-c"' -DPRICE='"200"' -DOFFERS='"fickle.work"'

LIARS = tests/e2e/plugins/liar-1.so tests/e2e/plugins/liar-2.so tests/e2e/plugins/liar-3.so tests/e2e/plugins/liar-4.so \
	tests/e2e/plugins/honest.so
MENDERS = tests/e2e/plugins/mender.so tests/e2e/plugins/senior.so tests/e2e/plugins/stubborn.so
check_DATA += $(LIARS) $(MENDERS)
CLEANFILES += $(LIARS) $(MENDERS)
EXTRA_DIST += tests/e2e/plugins/liar.c tests/e2e/plugins/mender.c

LIAR = $(PLUGIN_LINK) $(top_srcdir)/tests/e2e/plugins/liar.c $(PLUGIN_LIBS)
$(LIARS): tests/e2e/plugins/liar.c $(STAGE_SDK)
tests/e2e/plugins/liar-1.so: ; $(LIAR) -DNAME='"liar-1"'
tests/e2e/plugins/liar-2.so: ; $(LIAR) -DNAME='"liar-2"' -DNEXT='"liar-1"'
tests/e2e/plugins/liar-3.so: ; $(LIAR) -DNAME='"liar-3"' -DNEXT='"liar-2"' -DSTUBBORN=1
tests/e2e/plugins/liar-4.so: ; $(LIAR) -DNAME='"liar-4"' -DNEXT='"liar-3"'
tests/e2e/plugins/honest.so: ; $(LIAR) -DNAME='"honest"' -DNEXT='"liar-2"' -DLIES=0

MENDER = $(PLUGIN_LINK) $(top_srcdir)/tests/e2e/plugins/mender.c $(PLUGIN_LIBS)
$(MENDERS): tests/e2e/plugins/mender.c $(STAGE_SDK)
tests/e2e/plugins/mender.so: ; $(MENDER) -DNAME='"mender"'
tests/e2e/plugins/senior.so: ; $(MENDER) -DNAME='"senior"'
tests/e2e/plugins/stubborn.so: ; $(MENDER) -DNAME='"stubborn"' -DSTUBBORN=1
