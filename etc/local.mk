# The configuration, and the texts that settings name.  What was edited is never overwritten and never removed: a newer one is
# put beside it.
EXTRA_DIST += etc/hospes.conf etc/synonyms

install-data-hook: install-conf
uninstall-hook: uninstall-conf
.PHONY: install-conf uninstall-conf

CONF_INSTALL = install_one() { \
	rm -f "$$2.new"; \
	if test ! -e "$$2"; then \
		echo " installing $$2"; \
		$(INSTALL_DATA) "$$1" "$$2"; \
	elif ! cmp -s "$$1" "$$2"; then \
		echo " $$2 was edited and stays; the new one is $$2.new"; \
		$(INSTALL_DATA) "$$1" "$$2.new"; \
	fi; }
CONF_UNINSTALL = uninstall_one() { \
	rm -f "$$2.new"; \
	if cmp -s "$$1" "$$2"; then \
		echo " removing $$2"; \
		rm -f "$$2"; \
	elif test -e "$$2"; then \
		echo " $$2 was edited and stays"; \
	fi; }

install-conf:
	@$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/hospes/files"
	@$(CONF_INSTALL); dir="$(DESTDIR)$(sysconfdir)/hospes"; \
	install_one "$(srcdir)/etc/hospes.conf" "$$dir/hospes.conf"; \
	install_one "$(srcdir)/etc/synonyms" "$$dir/files/synonyms"

uninstall-conf:
	@$(CONF_UNINSTALL); dir="$(DESTDIR)$(sysconfdir)/hospes"; \
	uninstall_one "$(srcdir)/etc/hospes.conf" "$$dir/hospes.conf"; \
	uninstall_one "$(srcdir)/etc/synonyms" "$$dir/files/synonyms"; \
	rmdir "$$dir/files" "$$dir" 2>/dev/null || :
