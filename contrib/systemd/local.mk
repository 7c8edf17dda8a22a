# A service for systemd: the unit, the user, the folders.  Where the unit goes says configure: --with-systemdunitdir.

SYSTEMD_UNIT = contrib/systemd/hospesd.service
EXTRA_DIST += $(SYSTEMD_UNIT).in
CLEANFILES += $(SYSTEMD_UNIT)

$(SYSTEMD_UNIT): $(SYSTEMD_UNIT).in contrib/folders
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SUBSTITUTE) $(srcdir)/$(SYSTEMD_UNIT).in >$@.tmp && mv $@.tmp $@

sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
if SYSTEMD
nodist_systemdunit_DATA = $(SYSTEMD_UNIT)
dist_sysusers_DATA = contrib/systemd/sysusers.d/hospes.conf
dist_tmpfiles_DATA = contrib/systemd/tmpfiles.d/hospes.conf
else
EXTRA_DIST += contrib/systemd/sysusers.d/hospes.conf contrib/systemd/tmpfiles.d/hospes.conf
endif
