/* See table.h. */

#include "config.h"

#include <stdarg.h>

#include "base/util.h"
#include "cli/table.h"
#include "cli/text.h"

struct table {
	size_t columns, rows;
	char **cells; /* the headings first */
};

struct table *
table_new(const char *const headings[])
{
	struct table *t = xcalloc(1, sizeof(*t));

	while (headings[t->columns] != NULL)
		t->columns++;
	t->cells = xcalloc(t->columns, sizeof(*t->cells));
	for (size_t i = 0; i < t->columns; i++)
		t->cells[i] = xstrdup(headings[i]);
	return t;
}

void
table_row(struct table *t, ...)
{
	va_list cells;

	t->rows++;
	t->cells = xrealloc(t->cells, (t->rows + 1) * t->columns * sizeof(*t->cells));
	va_start(cells, t);
	for (size_t i = 0; i < t->columns; i++) {
		const char *text = va_arg(cells, const char *);

		t->cells[t->rows * t->columns + i] = text_safe(text != NULL ? text : "", false);
	}
	va_end(cells);
}

size_t
table_rows(const struct table *t)
{
	return t->rows;
}

void
table_print(const struct table *t, const struct cli *cli, FILE *to)
{
	_cleanup_(free_p) size_t *width = xcalloc(t->columns, sizeof(*width));

	for (size_t i = 0; i < (t->rows + 1) * t->columns; i++) {
		size_t w = text_width(t->cells[i]);

		if (w > width[i % t->columns])
			width[i % t->columns] = w;
	}
	for (size_t r = 0; r <= t->rows; r++) {
		if (r == 0)
			fputs(cli_paint(cli, "bold"), to);
		for (size_t c = 0; c < t->columns; c++) {
			const char *cell = t->cells[r * t->columns + c];

			fputs(cell, to);
			if (c + 1 < t->columns)
				fprintf(to, "%*s", (int)(width[c] - text_width(cell) + 2), "");
		}
		if (r == 0)
			fputs(cli_paint(cli, ""), to);
		fputc('\n', to);
	}
}

void
table_free(struct table **tp)
{
	struct table *t = *tp;

	if (t == NULL)
		return;
	for (size_t i = 0; i < (t->rows + 1) * t->columns; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
	*tp = NULL;
}
