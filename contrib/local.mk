# The two commands for a fresh machine, and what they share.
EXTRA_DIST += contrib/check contrib/demo contrib/packages contrib/setup.sh .ci/run .clang-format

# Files that name folders of the prefix are made anew when the folders are others than last time: `make install prefix=DIR`
# names another prefix than configure was told.
FOLDERS = prefix=$(prefix) exec_prefix=$(exec_prefix) libdir=$(libdir) includedir=$(includedir) datarootdir=$(datarootdir) \
	datadir=$(datadir) docdir=$(docdir) sysconfdir=$(sysconfdir) libexecdir=$(libexecdir) sbindir=$(sbindir) \
	systemdunitdir=$(systemdunitdir)
SUBSTITUTE = sed -e 's|@[P]ACKAGE_VERSION@|$(PACKAGE_VERSION)|g; s|@[P]ACKAGE_TARNAME@|$(PACKAGE_TARNAME)|g' \
	`for pair in $(FOLDERS); do echo "-e s|@$${pair%%=*}@|$${pair\#*=}|g"; done`
CLEANFILES += contrib/folders

contrib/folders: again
	@$(MKDIR_P) contrib; echo '$(FOLDERS)' >$@.tmp; \
	if cmp -s $@.tmp $@; then rm -f $@.tmp; else mv $@.tmp $@; fi
again:
.PHONY: again

# Folders of our own go when nothing is left in them.
uninstall-hook: uninstall-folders
uninstall-folders: uninstall-conf
	@for dir in "$(pkgdatadir)" "$(pkglibdir)" "$(pkglibexecdir)" "$(hospesincludedir)" "$(docdir)"; do \
		test ! -d "$(DESTDIR)$$dir" || find "$(DESTDIR)$$dir" -depth -type d -empty -delete; \
	done
.PHONY: uninstall-folders
