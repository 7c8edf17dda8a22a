/*
 * hospes memory: what outlives a run, seen and changed from the command line.
 *
 *   memory.c   the table, values, forgetting     memory_load.c  files to documents     memory_show.c  listing, searching
 */

#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include "cli/client.h"
#include "cli/command.h"

extern const struct command memory_commands[]; /* ended by a NULL name */

int memory_load_command(struct cli *cli);
int memory_list_command(struct cli *cli);
int memory_search_command(struct cli *cli);

/* "/v1/memory/SPACE/what", allocated. */
char *memory_path(const char *space, const char *what);

/* Asks and tells what went wrong; takes `request` over (NULL: what was given is not UTF-8).  Returns 0 or the exit code. */
int memory_ask(const struct cli *cli, const char *path, json_t *request, json_t **ret);

#endif
