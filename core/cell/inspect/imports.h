/* What a plugin may use of the libraries around it. */

#ifndef CELL_IMPORTS_H
#define CELL_IMPORTS_H

#include <stdbool.h>

/* May a plugin be linked with that library (DT_NEEDED)? */
bool imports_library(const char *name);

/* May it use that symbol? */
bool imports_symbol(const char *name);

/* Why not, where there is something better to use: a half sentence, or NULL. */
const char *imports_advice(const char *name);

#endif
