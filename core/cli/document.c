/* Which kind a file is, told by its first bytes, for pages by its name too.  See document.h. */

#include "config.h"

#include <string.h>

#include "base/util.h"
#include "cli/document.h"

#define PDF_WALL_S 60

/* Is there anything to quote? */
static bool
has_text(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] > ' ')
			return true;
	return false;
}

static int
convert(struct buf *content, const char *name, const char **media, struct fault *fault)
{
	if (document_is_pdf(content)) {
		*media = "application/pdf";
		return document_pdf(content, PDF_WALL_S, fault);
	}
	if (document_is_html(content, name)) {
		*media = "text/html";
		return document_html(content, fault);
	}
	*media = "text/plain";
	if (document_is_info(content))
		document_info(content);
	return document_plain(content, true, fault);
}

int
document_text(struct buf *content, const char *name, const char **media, struct fault *fault)
{
	_cleanup_(free_p) char *inner = xstrdup(name);
	const char *found = NULL;
	int rc;

	if (content->len > DOCUMENT_MAX)
		return fault_set(fault, HOSPES_ETOOLARGE, "it is larger than %zu MiB", DOCUMENT_MAX / MIB);
	if (document_is_gzip(content)) {
		size_t len = strlen(inner);

		if (len > 3 && strcasecmp(inner + len - 3, ".gz") == 0)
			inner[len - 3] = '\0';
		rc = document_gunzip(content, fault);
		if (rc != 0)
			return rc;
		if (document_is_gzip(content))
			return fault_set(fault, HOSPES_EINPUT, "it is compressed twice");
	}
	rc = content->len > 0 ? convert(content, inner, &found, fault) : 0;
	if (rc != 0)
		return rc;
	if (content->len > DOCUMENT_MAX)
		return fault_set(fault, HOSPES_ETOOLARGE, "its text is larger than %zu MiB", DOCUMENT_MAX / MIB);
	if (!has_text(content))
		return fault_set(fault, HOSPES_EINPUT, "there is no text in it");
	*media = found;
	return 0;
}
