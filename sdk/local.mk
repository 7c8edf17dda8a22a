# libhospes and the SDK

lib_LTLIBRARIES += sdk/libhospes.la
sdk_libhospes_la_SOURCES = \
	sdk/runtime.h sdk/wire.h sdk/ctx.h sdk/fiber.h sdk/frames.h sdk/machine.h sdk/mail.h \
	sdk/call.c sdk/config.c sdk/ctx.c sdk/evidence.c sdk/fiber.c sdk/fiber_ucontext.c sdk/fiber_aarch64.S sdk/fiber_x86_64.S \
	sdk/frames.c sdk/group.c sdk/http.c sdk/memory.c sdk/op.c sdk/part.c sdk/poll.c sdk/reply.c sdk/review.c \
	sdk/runtime.c \
	sdk/score.c sdk/search.c sdk/simple.c sdk/stacks.c \
	sdk/status.c sdk/tell.c sdk/value.c sdk/wait.c
# Only what the headers of others declare is seen outside; ctx.h and its like hide the rest.
sdk_libhospes_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
sdk_libhospes_la_LDFLAGS = $(AM_LDFLAGS) -version-info 4:0:3 -Wl,--version-script=$(srcdir)/sdk/libhospes.map \
	-Wl,-Bsymbolic-functions
sdk_libhospes_la_LIBADD = $(JANSSON_LIBS)
sdk_libhospes_la_DEPENDENCIES = $(srcdir)/sdk/libhospes.map
EXTRA_DIST += sdk/libhospes.map

hospesincludedir = $(includedir)/hospes
include_HEADERS = sdk/include/hospes.h
hospesinclude_HEADERS = sdk/include/hospes/status.h

pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = sdk/hospes.pc
EXTRA_DIST += sdk/hospes.pc.in
CLEANFILES += sdk/hospes.pc

sdk/hospes.pc: sdk/hospes.pc.in contrib/folders
	$(AM_V_GEN)$(SUBSTITUTE) $(srcdir)/sdk/hospes.pc.in >$@.tmp && mv $@.tmp $@

sdkdocdir = $(docdir)/sdk
dist_sdkdoc_DATA = sdk/README

# What `hospes new` copies.
agenttemplatedir = $(pkgdatadir)/template/agent
agenttemplatecasesdir = $(agenttemplatedir)/cases
strategytemplatedir = $(pkgdatadir)/template/strategy
strategytemplatecasesdir = $(strategytemplatedir)/cases
dist_agenttemplate_DATA = \
	sdk/template/agent/Makefile.in sdk/template/agent/README.in sdk/template/agent/plugin.c.in
dist_agenttemplatecases_DATA = \
	sdk/template/agent/cases/hello.json.in sdk/template/agent/cases/no-text.json.in
dist_strategytemplate_DATA = \
	sdk/template/strategy/Makefile.in sdk/template/strategy/README.in sdk/template/strategy/plugin.c.in
dist_strategytemplatecases_DATA = \
	sdk/template/strategy/cases/hello.json.in sdk/template/strategy/cases/one-fails.json.in
