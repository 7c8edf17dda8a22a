/*
 * The text of a file: what memory holds of it, what is searched in and quoted from.
 *
 *   document.c       which kind a file is               document_plain.c  bytes of some encoding to UTF-8
 *   document_html.c  pages                              document_gzip.c   what is compressed
 *   document_pdf.c   pdftotext, in a process of its own document_info.c   manuals of GNU's info
 *
 * Files are foreign: every kind has its bounds, and what is no text is refused with a sentence that says why.  The text is
 * UTF-8 without a byte order mark, its lines end with \n alone, and of the control characters it has \t, \n and \f only.
 * The same bytes give the same text, so that its digest names it.  [any thread]
 */

#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fault.h"

#define DOCUMENT_MAX (64 * MIB) /* bytes of a file, and of its text */

/* `content` has the bytes of the file `name` and gets their text; *media is static.  The fault's sentence goes on after
 * "skipped NAME: ".  bad_input (no text), too_large, not_found (a program that is needed), deadline_exceeded, failed. */
int document_text(struct buf *content, const char *name, const char **media, struct fault *fault);

/* ---- The kinds; each replaces the bytes with the text ---- */

/* UTF-8, UTF-16 with a byte order mark, else Windows-1252 (of which Latin-1 is a part) wherever the bytes are not UTF-8.
 * Control characters become spaces; with `strict` a zero, or more than one in 1,024 bytes, is a fault. */
int document_plain(struct buf *content, bool strict, struct fault *fault);

/* Before document_plain: what is left is the text of the nodes, in its encoding. */
void document_info(struct buf *content);
bool document_is_info(const struct buf *content);

int document_html(struct buf *content, struct fault *fault);
bool document_is_html(const struct buf *content, const char *name);

int document_gunzip(struct buf *content, struct fault *fault);
bool document_is_gzip(const struct buf *content);

/* With the first pdftotext in PATH, for at most `wall_s` seconds. */
int document_pdf(struct buf *content, unsigned wall_s, struct fault *fault);
bool document_is_pdf(const struct buf *content);

#endif
