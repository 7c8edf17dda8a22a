/*
 * Where the installed pieces are: found from the place of the running program ($exe/../libexec/hospes), so that a tree
 * installed under DESTDIR or moved works as it is; the configured folders where that finds nothing.
 */

#ifndef BASE_INSTALL_H
#define BASE_INSTALL_H

enum install_dir {
	INSTALL_LIBEXEC, /* hospes-cell, hospes-inspect, hospes-spawner */
	INSTALL_PLUGINS, /* pkglibdir/plugins */
	INSTALL_DATA,    /* pkgdatadir: the template */
	INSTALL_CONF,    /* sysconfdir/hospes */
	INSTALL_SBIN,    /* hospesd */
};

/* Kept for the life of the process.  [any thread after the first call] */
const char *install_dir(enum install_dir which);

#endif
