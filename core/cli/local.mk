# The hospes command.  All but its main is a library, for the unit tests.
noinst_LIBRARIES += core/cli/libcli.a
core_cli_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(SODIUM_CFLAGS) $(XML_CFLAGS) $(ZLIB_CFLAGS)
core_cli_libcli_a_SOURCES = \
	core/cli/agents.c core/cli/any_host.c core/cli/any_host.h core/cli/ask.c core/cli/ask.h \
	core/cli/ask_answer.c core/cli/ask_print.c core/cli/ask_progress.c core/cli/backup.c \
	core/cli/breakers.c core/cli/breakers.h core/cli/budget.c core/cli/client.c core/cli/client.h \
	core/cli/command.h core/cli/demo.c core/cli/demo.h core/cli/demo_break_in.c core/cli/demo_budget.c \
	core/cli/demo_crash.c core/cli/demo_host.c core/cli/demo_kill.c core/cli/demo_lie.c \
	core/cli/demo_loop.c core/cli/demo_poll.c core/cli/demo_review.c core/cli/demo_swap.c core/cli/dev.c \
	core/cli/doctor.c core/cli/document.c core/cli/document.h core/cli/document_gzip.c \
	core/cli/document_html.c core/cli/document_info.c core/cli/document_pdf.c core/cli/document_plain.c \
	core/cli/erase.c core/cli/expand.c core/cli/expand.h core/cli/findings.c core/cli/follow.c \
	core/cli/follow.h core/cli/info.c core/cli/journal.c core/cli/journal.h core/cli/journal_payloads.c \
	core/cli/journal_store.c core/cli/keeper.c core/cli/keeper.h core/cli/logs.c core/cli/memory.c \
	core/cli/memory.h core/cli/memory_load.c core/cli/memory_show.c core/cli/new.c core/cli/options.c \
	core/cli/output.c core/cli/patience.c core/cli/patience.h core/cli/policy.c core/cli/policy.h \
	core/cli/policy_machine.c core/cli/policy_plugins.c core/cli/private_host.c core/cli/private_host.h \
	core/cli/process.c core/cli/process.h core/cli/quality.c core/cli/request.c core/cli/request.h \
	core/cli/resolve.c core/cli/reviews.c core/cli/run.c core/cli/runs.c core/cli/show.c \
	core/cli/show_poll.c core/cli/show_source.c core/cli/socket.c core/cli/socket.h \
	core/cli/source_cache.c core/cli/source_cache.h core/cli/source_set.h core/cli/sources.c \
	core/cli/sources.h core/cli/sources_send.c core/cli/sources_walk.c core/cli/sse.c core/cli/sse.h \
	core/cli/table.c core/cli/table.h core/cli/test.c core/cli/test_case.c core/cli/test_case.h \
	core/cli/test_match.c core/cli/test_ops.c core/cli/test_ops.h core/cli/text.c core/cli/text.h \
	core/cli/user_dirs.c core/cli/user_dirs.h core/cli/waits.c

bin_PROGRAMS += hospes
hospes_SOURCES = core/cli/main.c
CLI_LIBS = \
	core/cli/libcli.a core/registry/libregistry.a core/tool/libtool.a core/policy/libpolicy.a \
	core/call/libcall.a core/store/libstore.a core/journal/libjournal.a core/base/libbase.a $(CURL_LIBS) \
	$(JANSSON_LIBS) $(XXHASH_LIBS) $(SODIUM_LIBS) $(XML_LIBS) $(ZLIB_LIBS) $(LMDB_LIBS) $(CONFIG_LIBS)
hospes_LDADD = $(CLI_LIBS)
