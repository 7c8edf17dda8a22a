/* Texts of the kinds that people have, cut into passages. */

#include <string.h>

#include "cmocka_all.h"

#include "base/util.h"
#include "memory/passage.h"

#define MOST 32

struct cut {
	size_t n;
	struct {
		char text[2048], heading[256];
	} passages[MOST];
};

static struct cut
cut(const char *text)
{
	static struct cut c;
	struct passage p;
	struct cutter k;

	c.n = 0;
	cutter_init(&k, text, strlen(text));
	while (cutter_next(&k, &p)) {
		assert_true(c.n < MOST);
		snprintf(c.passages[c.n].text, sizeof c.passages[0].text, "%.*s", (int)(p.to - p.from), text + p.from);
		snprintf(c.passages[c.n].heading, sizeof c.passages[0].heading, "%.*s",
		    (int)(p.heading_to - p.heading_from), text + p.heading_from);
		c.n++;
	}
	return c;
}

static void
paragraphs_are_passages(void **state)
{
	struct cut c = cut(
	    "\n  The first is long enough to stand alone.\nIt has two lines.  \n\n\tThe second has one line alone.\n");

	(void)state;
	assert_int_equal(c.n, 2);
	assert_string_equal(c.passages[0].text, "The first is long enough to stand alone.\nIt has two lines.");
	assert_string_equal(c.passages[1].text, "The second has one line alone.");
	assert_int_equal(cut("").n, 0);
	assert_int_equal(cut(" \n\n \t\n").n, 0);
}

static void
items_need_no_blank_line_between(void **state)
{
	struct cut c =
	    cut("Redistribution and use in any form are permitted provided that the following conditions\nare met:\n"
		"1. Redistributions of source code must retain the above copyright\n   notice, and this list.\n"
		"2. Redistributions in binary form must reproduce the above copyright\n   notice, and this list.\n"
		"\nTHIS SOFTWARE IS PROVIDED AS IT IS, AND NOBODY WARRANTS ANYTHING FOR IT.  THAT IS MEANT AS SAID.\n");

	(void)state;
	assert_int_equal(c.n, 4);
	assert_string_equal(c.passages[2].text,
	    "2. Redistributions in binary form must reproduce the above copyright\n   notice, and this list.");
	assert_string_equal(c.passages[2].heading,
	    "Redistribution and use in any form are permitted provided that the following conditions\nare met:");
	assert_string_equal(c.passages[3].heading, "");
}

static void
a_heading_leads_until_the_next_of_its_kind(void **state)
{
	struct cut c =
	    cut("                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007\n\n"
		"Everyone is permitted to copy and distribute verbatim copies of this license document.\n\n"
		"  6. Conveying Non-Source Forms.\n\n"
		"  You may convey a covered work in object code form under the terms\nof sections 4 and 5, in one of "
		"these ways:\n\n"
		"    a) Convey the object code in, or embodied in, a physical product\n    accompanied by the "
		"Corresponding Source.\n\n"
		"  7. Additional Terms.\n\n"
		"  \"Additional permissions\" are terms that supplement the terms of this\nLicense.\n");

	(void)state;
	assert_int_equal(c.n, 4);
	assert_string_equal(
	    c.passages[0].heading, "GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007");
	assert_string_equal(c.passages[1].heading, "6. Conveying Non-Source Forms.");
	assert_string_equal(c.passages[2].heading, "6. Conveying Non-Source Forms.");
	assert_memory_equal(c.passages[2].text, "a) Convey", 9);
	assert_string_equal(c.passages[3].heading, "7. Additional Terms.");
}

static void
an_option_and_what_is_said_of_it_are_one(void **state)
{
	struct cut c = cut("OPTIONS\n"
			   "       All options may be set in the configuration file, and are told of here.\n\n"
			   "       -y, --yes, --assume-yes\n"
			   "           Automatic yes to prompts; assume \"yes\" as answer to all prompts.\n\n"
			   "       -q, --quiet\n\n"
			   "           Quiet; produces output suitable for logging.\n\n"
			   "FILES\n"
			   "       /etc/apt/sources.list\n           Locations to fetch packages from, one a line.\n");

	(void)state;
	assert_int_equal(c.n, 4);
	assert_string_equal(c.passages[1].text, "-y, --yes, --assume-yes\n           Automatic yes to prompts; assume "
						"\"yes\" as answer to all prompts.");
	assert_string_equal(c.passages[1].heading, "OPTIONS");
	assert_string_equal(
	    c.passages[2].text, "-q, --quiet\n\n           Quiet; produces output suitable for logging.");
	assert_string_equal(c.passages[3].heading, "FILES");
}

static void
a_changelog_has_its_releases_for_headings(void **state)
{
	struct cut c = cut("hospes (1.0-2) unstable; urgency=medium\n\n"
			   "  * The journal is synced before anything leaves the host, so that nothing is lost.\n"
			   "  * New upstream release, which has all that was asked for in the last year and more.\n\n"
			   " -- A. Maintainer <a@example.org>  Mon, 02 Mar 2026 10:00:00 +0100\n\n"
			   "hospes (1.0-1) unstable; urgency=low\n\n"
			   "  * First release.\n");

	(void)state;
	assert_int_equal(c.n, 3);
	assert_string_equal(c.passages[1].heading, "hospes (1.0-2) unstable; urgency=medium");
	assert_string_equal(c.passages[2].text, "* First release.");
	assert_string_equal(c.passages[2].heading, "hospes (1.0-1) unstable; urgency=low");
}

static void
a_copyright_file_is_cut_at_its_points(void **state)
{
	struct cut c = cut("License: GPL-2+\n"
			   " This program is free software; you can redistribute it and/or modify it under its terms.\n"
			   " .\n"
			   " On Debian systems, the text of the license is in /usr/share/common-licenses/GPL-2.\n");

	(void)state;
	assert_int_equal(c.n, 2);
	assert_string_equal(c.passages[0].heading, "License: GPL-2+");
	assert_memory_equal(c.passages[1].text, "On Debian", 9);
}

/* What stands in the middle of the page and leads nothing: programs, addresses, lists of names, rules. */
static void
not_all_in_the_middle_leads(void **state)
{
	static const char *const lines[] = {"$include /etc/inputrc", "====", "https://www.example.org/Page",
	    "curl --interface eth0:1", "\xe2\x80\x94 Berlin, 2015-09-08",
	    "Ada One, Bea Two, Cid Three, Dan Four, Eve Five", "* OF THE POSSIBILITY OF DAMAGE"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		_cleanup_(free_p) char *text =
		    xasprintf("A Title\n=======\n\nThis is a paragraph that stands above it.\n\n"
			      "                %s\n\nAnd this one stands below, for itself.\n",
			lines[i]);
		struct cut c = cut(text);

		assert_string_equal(c.passages[c.n - 1].heading, "A Title");
	}
	assert_string_equal(
	    cut("See section\n2.1 of this thing, which is about something else entirely.").passages[0].text,
	    "See section\n2.1 of this thing, which is about something else entirely.");
}

static void
markdown_headings_lead(void **state)
{
	struct cut c =
	    cut("# Top\n\nThe text of the top, as long as it has to be.\n\n## Below\n\n"
		"- an item that is as long as items have to be to stand alone, or nearly so, in a list\n"
		"- another item that is as long as items have to be to stand alone, or nearly so, in a list\n\n"
		"Other\n=====\n\nThe text of the other, as long as it has to be.\n");

	(void)state;
	assert_int_equal(c.n, 4);
	assert_string_equal(c.passages[0].heading, "# Top");
	assert_string_equal(c.passages[1].heading, "## Below");
	assert_memory_equal(c.passages[2].text, "- another", 9);
	assert_string_equal(c.passages[3].heading, "Other");
}

static void
a_long_paragraph_is_cut_at_its_sentences(void **state)
{
	_cleanup_(free_p) char *text = xmalloc(3001);
	size_t len = 0;
	struct passage p;
	struct cutter k;

	(void)state;
	while (len < 2900)
		len += (size_t)sprintf(text + len, "This is sentence number %04zu of it. ", len);
	cutter_init(&k, text, len);
	for (unsigned n = 0; n < 3; n++) {
		assert_true(cutter_next(&k, &p));
		assert_true(p.to - p.from <= PASSAGE_MAX && p.to - p.from > PASSAGE_MAX / 2);
		assert_memory_equal(text + p.from, "This", 4);
		assert_int_equal(text[p.to - 1], '.');
	}
	assert_false(cutter_next(&k, &p));
	memset(text, 'x', 3000);
	memcpy(text + 1199, "\xc3\xa4", 2); /* where it would be cut otherwise */
	cutter_init(&k, text, 3000);
	while (cutter_next(&k, &p))
		assert_int_not_equal((unsigned char)text[p.from] & 0xc0, 0x80);
}

static void
short_lines_are_taken_together(void **state)
{
	struct cut c = cut("- one\n- two\n- three\n- four\n- five\n");

	(void)state;
	assert_int_equal(c.n, 1);
	assert_string_equal(c.passages[0].text, "- one\n- two\n- three\n- four\n- five");
}

static void
a_heading_with_nothing_below_is_a_passage(void **state)
{
	struct cut c = cut("Only A Title");

	(void)state;
	assert_int_equal(c.n, 1);
	assert_string_equal(c.passages[0].text, "Only A Title");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paragraphs_are_passages),
	    cmocka_unit_test(items_need_no_blank_line_between),
	    cmocka_unit_test(a_heading_leads_until_the_next_of_its_kind),
	    cmocka_unit_test(an_option_and_what_is_said_of_it_are_one),
	    cmocka_unit_test(a_changelog_has_its_releases_for_headings),
	    cmocka_unit_test(a_copyright_file_is_cut_at_its_points),
	    cmocka_unit_test(markdown_headings_lead),
	    cmocka_unit_test(not_all_in_the_middle_leads),
	    cmocka_unit_test(a_long_paragraph_is_cut_at_its_sentences),
	    cmocka_unit_test(short_lines_are_taken_together),
	    cmocka_unit_test(a_heading_with_nothing_below_is_a_passage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
