/* The user's own folders, where a host of the user's keeps its things: as the XDG base directory specification has it. */

#ifndef CLI_USER_DIRS_H
#define CLI_USER_DIRS_H

/* Whether it is there or not; allocated, or NULL where the user has no home. */
char *user_state_dir(void);              /* $XDG_STATE_HOME/hospes, ~/.local/state/hospes */
char *user_plugin_dir(void);             /* $XDG_DATA_HOME/hospes/plugins, ~/.local/share/hospes/plugins */
char *user_cache_file(const char *name); /* $XDG_CACHE_HOME/hospes/NAME, ~/.cache/hospes/NAME */

#endif
