/* hospes breakers. */

#ifndef CLI_BREAKERS_H
#define CLI_BREAKERS_H

#include "cli/command.h"

int command_breakers(struct cli *cli);

extern const struct command breakers_commands[]; /* ended by a NULL name */

#endif
