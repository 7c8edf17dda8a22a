/* Aligned tables on stdout: a header and rows of text cells, as wide as they need to be. */

#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/command.h"

struct table;

/* Headings end with NULL. */
struct table *table_new(const char *const headings[]);

/* As many cells as there are headings; copied, and made harmless.  NULL is empty. */
void table_row(struct table *t, ...);
size_t table_rows(const struct table *t);
void table_print(const struct table *t, const struct cli *cli, FILE *to);
void table_free(struct table **t); /* also for _cleanup_ */

#endif
