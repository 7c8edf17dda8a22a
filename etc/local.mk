# The configuration.  One that was edited is never overwritten and never removed: a newer one is put beside it.
EXTRA_DIST += etc/hospes.conf

install-data-hook: install-conf
uninstall-hook: uninstall-conf
.PHONY: install-conf uninstall-conf

install-conf:
	@$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/hospes"
	@conf="$(DESTDIR)$(sysconfdir)/hospes/hospes.conf"; rm -f "$$conf.new"; \
	if test ! -e "$$conf"; then \
		echo " installing $$conf"; \
		$(INSTALL_DATA) "$(srcdir)/etc/hospes.conf" "$$conf"; \
	elif ! cmp -s "$(srcdir)/etc/hospes.conf" "$$conf"; then \
		echo " $$conf was edited and stays; the new one is $$conf.new"; \
		$(INSTALL_DATA) "$(srcdir)/etc/hospes.conf" "$$conf.new"; \
	fi

uninstall-conf:
	@conf="$(DESTDIR)$(sysconfdir)/hospes/hospes.conf"; rm -f "$$conf.new"; \
	if cmp -s "$(srcdir)/etc/hospes.conf" "$$conf"; then \
		echo " removing $$conf"; \
		rm -f "$$conf"; \
	elif test -e "$$conf"; then \
		echo " $$conf was edited and stays"; \
	fi; \
	rmdir "$(DESTDIR)$(sysconfdir)/hospes" 2>/dev/null || :
