# Plugins, built the way a stranger would build them: against a copy of what the SDK installs, and nothing else of ours.

STAGE_SDK = stage-sdk/stamp
CLEANFILES += $(STAGE_SDK) stage-sdk/include/*.h stage-sdk/include/hospes/*.h stage-sdk/lib/libhospes.so*

$(STAGE_SDK): sdk/libhospes.la $(top_srcdir)/sdk/include/hospes.h $(top_srcdir)/sdk/include/hospes/status.h
	$(AM_V_GEN)rm -rf stage-sdk && $(MKDIR_P) stage-sdk/include/hospes stage-sdk/lib && \
	cp $(top_srcdir)/sdk/include/hospes.h stage-sdk/include && \
	cp $(top_srcdir)/sdk/include/hospes/status.h stage-sdk/include/hospes && \
	cp -P sdk/.libs/libhospes.so* stage-sdk/lib && touch $@

PLUGIN_FLAGS = -fPIC -shared -fvisibility=hidden -Wall -Wextra -Istage-sdk/include -I$(top_srcdir)/plugins $(JANSSON_CFLAGS)
PLUGIN_LIBS = -Wl,-z,relro,-z,now,--no-undefined -Lstage-sdk/lib -lhospes $(JANSSON_LIBS)
PLUGIN_LINK = $(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -std=gnu17 $(PLUGIN_FLAGS) $(CPPFLAGS) $(CFLAGS) -o $@
PLUGIN_LINKXX = $(AM_V_CCLD)$(MKDIR_P) $(@D) && $(PLUGIN_CXX) -std=c++20 $(PLUGIN_FLAGS) $(CPPFLAGS) $(CFLAGS) -o $@
PLUGIN_CXX = c++

# What several plugins share: sources that each compiles into itself.  A plugin of several files has a rule of its own:
#   plugins/agents/NAME/NAME.so: $(NAME_FILES) $(STAGE_SDK)
#   	$(PLUGIN_LINK_FILES)
PLUGIN_TEXT = plugins/common/need.h plugins/common/text.h plugins/common/sentence.c plugins/common/stem.c plugins/common/units.c \
	plugins/common/words.c
PLUGIN_LINK_FILES = $(PLUGIN_LINK) `echo $^ | tr ' ' '\n' | grep '[.]c$$'` $(PLUGIN_LIBS) -lm
PLUGIN_QUESTION = plugins/common/question.h plugins/common/question.c plugins/common/irregular.c plugins/common/synonyms.c plugins/common/match.c \
	plugins/common/query.h plugins/common/query.c $(PLUGIN_TEXT)
PLUGIN_STATEMENT = plugins/common/statement.h plugins/common/amount.c plugins/common/date.c plugins/common/lexicon.c \
	plugins/common/mood.c plugins/common/statement.c plugins/common/tokens.c $(PLUGIN_TEXT)
EXTRA_DIST += $(PLUGIN_QUESTION) $(PLUGIN_STATEMENT)

pluginsdir = $(pkglibdir)/plugins
plugins_DATA = \
	plugins/agents/analyse/analyse.so \
	plugins/agents/fetch/fetch.so \
	plugins/agents/research/research.so \
	plugins/agents/wordcount/wordcount.so \
	plugins/agents/write/write.so \
	plugins/checks/quotes/quotes.so \
	plugins/checks/support/support.so \
	plugins/strategies/supervisor/supervisor.so \
	plugins/strategies/survey/survey.so
PLUGIN_C_FILES = \
	plugins/agents/fetch/fetch.c \
	plugins/agents/wordcount/wordcount.c \
	plugins/strategies/survey/survey.c
EXTRA_DIST += $(PLUGIN_C_FILES)
CLEANFILES += $(plugins_DATA)

$(PLUGIN_C_FILES:.c=.so): %.so: %.c $(STAGE_SDK)
	$(PLUGIN_LINK) $< $(PLUGIN_LIBS)

# Those that find what a brief is made of.
RESEARCH_FILES = plugins/agents/research/research.h plugins/agents/research/research.c plugins/agents/research/look.c \
	plugins/agents/research/feedback.c plugins/agents/research/window.c plugins/agents/research/quote.c \
	plugins/agents/research/score.c plugins/agents/research/manner.c plugins/agents/research/choose.c $(PLUGIN_QUESTION)
SUPERVISOR_FILES = plugins/strategies/supervisor/supervisor.h plugins/strategies/supervisor/supervisor.c \
	plugins/strategies/supervisor/sources.c plugins/strategies/supervisor/round.c $(PLUGIN_QUESTION)
EXTRA_DIST += $(RESEARCH_FILES) $(SUPERVISOR_FILES)

plugins/agents/research/research.so: $(RESEARCH_FILES) $(STAGE_SDK)
	$(PLUGIN_LINK_FILES)
plugins/strategies/supervisor/supervisor.so: $(SUPERVISOR_FILES) $(STAGE_SDK)
	$(PLUGIN_LINK_FILES)

# Those that make and check a brief.
PLUGIN_BRIEF = plugins/common/need.h plugins/common/brief.h plugins/common/brief.c
WRITE_FILES = plugins/agents/write/write.c $(PLUGIN_BRIEF)
QUOTES_FILES = plugins/checks/quotes/quotes.h plugins/checks/quotes/quotes.c plugins/checks/quotes/brief.c \
	plugins/checks/quotes/source.c plugins/checks/quotes/tell.c $(PLUGIN_BRIEF)
CONFLICT_FILES = plugins/agents/analyse/conflict.h plugins/agents/analyse/conflict.c $(PLUGIN_STATEMENT)
ANALYSE_FILES = plugins/agents/analyse/analyse.h plugins/agents/analyse/analyse.c plugins/agents/analyse/choose.c \
	plugins/agents/analyse/finding.c plugins/agents/analyse/passage.c plugins/agents/analyse/similar.c $(CONFLICT_FILES)
EXTRA_DIST += $(ANALYSE_FILES) $(WRITE_FILES) $(QUOTES_FILES)

# Judges by the words of a question, and by statements, so it has both; what they share is compiled once.
SUPPORT_JUDGE_FILES = plugins/checks/support/support.h plugins/checks/support/judge.c plugins/checks/support/figures.c \
	plugins/checks/support/sense.c plugins/checks/support/subject.c plugins/common/brief.h plugins/common/brief.c \
	plugins/common/question.h plugins/common/question.c plugins/common/irregular.c plugins/common/synonyms.c \
	plugins/common/match.c $(PLUGIN_STATEMENT)
SUPPORT_FILES = plugins/checks/support/support.c $(SUPPORT_JUDGE_FILES)
EXTRA_DIST += $(SUPPORT_FILES) plugins/checks/support/README

plugins/agents/analyse/analyse.so: $(ANALYSE_FILES) $(STAGE_SDK)
	$(PLUGIN_LINK_FILES)

plugins/agents/write/write.so: $(WRITE_FILES) $(STAGE_SDK)
	$(PLUGIN_LINK_FILES)
plugins/checks/quotes/quotes.so: $(QUOTES_FILES) $(STAGE_SDK)
	$(PLUGIN_LINK_FILES)
plugins/checks/support/support.so: $(SUPPORT_FILES) $(STAGE_SDK)
	$(PLUGIN_LINK_FILES)

# The version that the demo drops beside the first; not installed.
noinst_DATA = plugins/agents/wordcount/wordcount-1.1.so
CLEANFILES += $(noinst_DATA)

plugins/agents/wordcount/wordcount-1.1.so: plugins/agents/wordcount/wordcount.c $(STAGE_SDK)
	$(PLUGIN_LINK) -DWORDCOUNT_1_1 $(top_srcdir)/plugins/agents/wordcount/wordcount.c $(PLUGIN_LIBS)

# What `hospes test` tries them with: cases/NAME.json beside the plugin.
EXTRA_DIST += \
	plugins/agents/fetch/cases/gone.json plugins/agents/fetch/cases/page.json plugins/agents/fetch/cases/silence.json \
	plugins/agents/wordcount/cases/binary.json plugins/agents/wordcount/cases/neither.json \
	plugins/agents/wordcount/cases/text.json \
	plugins/agents/analyse/cases/agree-and-contradict.json plugins/agents/analyse/cases/cut-short.json \
	plugins/agents/analyse/cases/many-documents.json plugins/agents/analyse/cases/none.json \
	plugins/agents/analyse/cases/one-passage.json \
	plugins/agents/write/cases/cut-short.json plugins/agents/write/cases/none.json \
	plugins/agents/write/cases/points.json \
	plugins/checks/quotes/cases/invented-text.json plugins/checks/quotes/cases/no-evidence.json \
	plugins/checks/quotes/cases/no-source.json plugins/checks/quotes/cases/no-such-document.json \
	plugins/checks/quotes/cases/nothing-said.json plugins/checks/quotes/cases/one-word.json \
	plugins/checks/quotes/cases/truth.json \
	plugins/checks/support/cases/negation.json plugins/checks/support/cases/no-evidence.json \
	plugins/checks/support/cases/no-source.json plugins/checks/support/cases/other-subject.json \
	plugins/checks/support/cases/truth.json plugins/checks/support/cases/wrong-number.json \
	plugins/agents/research/cases/no-word.json plugins/agents/research/cases/nothing.json \
	plugins/agents/research/cases/number.json plugins/agents/research/cases/other-subject.json \
	plugins/agents/research/cases/search-fails.json \
	plugins/strategies/supervisor/cases/fails-once.json plugins/strategies/supervisor/cases/fails-twice.json \
	plugins/strategies/supervisor/cases/no-word.json plugins/strategies/supervisor/cases/nothing-found.json \
	plugins/strategies/supervisor/cases/poor-coverage.json plugins/strategies/supervisor/cases/two-documents.json \
	plugins/strategies/survey/cases/all.json plugins/strategies/survey/cases/holes.json \
	plugins/strategies/survey/cases/nothing.json
