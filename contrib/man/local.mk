# Manual pages.  The list of statuses is made from the header.

MAN_PAGES = contrib/man/hospes.1 contrib/man/hospesd.8 contrib/man/hospes.conf.5 contrib/man/hospes-plugin.7
EXTRA_DIST += contrib/man/hospes.1.in contrib/man/hospesd.8.in contrib/man/hospes.conf.5.in \
	contrib/man/hospes-plugin.7.in contrib/man/statuses.awk
nodist_man_MANS = $(MAN_PAGES)
CLEANFILES += $(MAN_PAGES)
STATUS_H = sdk/include/hospes/status.h

$(MAN_PAGES): %: %.in contrib/folders contrib/man/statuses.awk $(STATUS_H)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(AWK) -f $(srcdir)/contrib/man/statuses.awk $(srcdir)/$(STATUS_H) $(srcdir)/$@.in | \
	$(SUBSTITUTE) >$@.tmp && mv $@.tmp $@
