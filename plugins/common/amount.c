/*
 * Amounts: a number with its unit, or with what it counts, and how it is meant (at least, up to, about, from..to).
 *
 * Units of one dimension are brought to one.  Those that are not exactly comparable (a month and days, 1,000 and 1,024)
 * are told apart only by more than that inexactness.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/statement.h"

#define DAY 86400.0

/* t time, w working time, b bytes, r bytes a second, % share, l length, m mass, v volume, p power, u voltage, f frequency,
 * d temperature, n turns, and currencies: $ E P; c things that are counted, L labels, h the time of day. */
static const struct {
	const char *words;
	char dimension;
	bool rough;
	double factor;
} units[] = {
    {" s sec secs second seconds ", 't', false, 1},
    {" ms msec millisecond milliseconds ", 't', false, 1e-3},
    {" min mins minute minutes ", 't', false, 60},
    {" h hr hrs hour hours ", 't', false, 3600},
    {" day days ", 't', false, DAY},
    {" week weeks ", 't', false, 7 * DAY},
    {" fortnight fortnights ", 't', false, 14 * DAY},
    {" month months ", 't', true, 30.44 * DAY},
    {" quarter quarters ", 't', true, 91.3 * DAY},
    {" year years yr yrs ", 't', true, 365.25 * DAY},
    {" decade decades ", 't', true, 3652.5 * DAY},
    {" byte bytes ", 'b', false, 1},
    {" kb kib kilobyte kilobytes ", 'b', true, 1024},
    {" mb mib megabyte megabytes ", 'b', true, 1048576},
    {" gb gib gigabyte gigabytes ", 'b', true, 1073741824},
    {" tb tib terabyte terabytes ", 'b', true, 1099511627776},
    {" kbps kbit ", 'r', true, 1e3},
    {" mbps mbit ", 'r', true, 1e6},
    {" gbps gbit ", 'r', true, 1e9},
    {" percent percentage ", '%', false, 1},
    {" dollar dollars usd ", '$', false, 1},
    {" cent cents ", '$', false, 0.01},
    {" euro euros eur ", 'E', false, 1},
    {" pound pounds gbp ", 'P', false, 1},
    {" mm millimetre millimetres millimeter millimeters ", 'l', false, 1e-3},
    {" cm centimetre centimetres centimeter centimeters ", 'l', false, 1e-2},
    {" m metre metres meter meters ", 'l', false, 1},
    {" km kilometre kilometres kilometer kilometers ", 'l', false, 1e3},
    {" inch inches ", 'l', true, 0.0254},
    {" foot feet ft ", 'l', true, 0.3048},
    {" mile miles ", 'l', true, 1609},
    {" mg milligram milligrams ", 'm', false, 1e-6},
    {" g gram grams ", 'm', false, 1e-3},
    {" kg kilogram kilograms kilo kilos ", 'm', false, 1},
    {" tonne tonnes ", 'm', false, 1e3},
    {" lb lbs ", 'm', true, 0.4536},
    {" ml millilitre millilitres milliliter milliliters ", 'v', false, 1e-3},
    {" litre litres liter liters ", 'v', false, 1},
    {" gallon gallons ", 'v', true, 3.785},
    {" w watt watts ", 'p', false, 1},
    {" kw kilowatt kilowatts ", 'p', false, 1e3},
    {" v volt volts ", 'u', false, 1},
    {" hz hertz ", 'f', false, 1},
    {" khz ", 'f', false, 1e3},
    {" mhz ", 'f', false, 1e6},
    {" ghz ", 'f', false, 1e9},
};

/* What a number after them names: "port 8080". */
static const char labels[] = " port ports version versions release python php java node kernel ";

struct reading {
	struct token *tokens;
	size_t n, i; /* the number is at i */
	struct amount *amount;
};

static bool
in(const struct reading *r, size_t i, const char *words)
{
	return token_in(r->tokens, r->n, i, words);
}

/* ---- Units ------------------------------------------------------------------------------------------------------- */

static bool
take_unit(struct reading *r, size_t i, double *factor)
{
	for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++) {
		if (!in(r, i, units[k].words))
			continue;
		r->amount->dimension = units[k].dimension;
		r->amount->rough = units[k].rough;
		*factor = units[k].factor;
		memcpy(r->amount->unit, r->tokens[i].stem, sizeof(r->amount->unit));
		return true;
	}
	return false;
}

/* Currencies and shares as signs: "$20", "20 €", "25 %". */
static bool
take_sign(struct reading *r)
{
	const struct token *t = &r->tokens[r->i];
	char c = t->before == '$' || t->before == 'E' || t->before == 'P' ? t->before : t->after;

	if (c != '$' && c != 'E' && c != 'P' && c != '%')
		return false;
	r->amount->dimension = c;
	r->amount->unit[0] = c;
	return true;
}

/* "20 degrees Celsius", "20 °C" */
static bool
take_degrees(struct reading *r)
{
	size_t i = r->i + 1;
	bool degree = in(r, i, " degree degrees "), sign = r->tokens[r->i].after == 'o';

	if (!degree && !sign)
		return false;
	i += degree;
	r->amount->dimension = 'd';
	r->amount->end = i;
	if (in(r, i, " c celsius ")) {
		r->amount->end = i + 1;
	} else if (in(r, i, " f fahrenheit ")) {
		r->amount->low = (r->amount->low - 32) / 1.8;
		r->amount->high = (r->amount->high - 32) / 1.8;
		r->amount->end = i + 1;
	}
	return true;
}

/* "9 am", "17:30", "5.30 pm", "noon" is none. */
static bool
take_hour(struct reading *r)
{
	struct token *t = &r->tokens[r->i];
	bool minutes = t->after == ':' && r->i + 1 < r->n && r->tokens[r->i + 1].number && r->tokens[r->i + 1].len == 2;
	size_t i = r->i + 1 + minutes;
	bool am = in(r, i, " am ") || (in(r, i, " a ") && in(r, i + 1, " m "));
	bool pm = in(r, i, " pm ") || (in(r, i, " p ") && in(r, i + 1, " m "));
	double hour = floor(t->value), minute = (t->value - hour) * 100;

	if ((!minutes && !am && !pm) || t->value >= 25)
		return false;
	if (minutes)
		minute = r->tokens[r->i + 1].value;
	if (pm && hour < 12)
		hour += 12;
	if (am && hour == 12)
		hour = 0;
	r->amount->dimension = 'h';
	r->amount->low = r->amount->high = hour * 60 + minute;
	r->amount->end = !am && !pm ? i : in(r, i, " a p ") ? i + 2 : i + 1;
	return true;
}

/* "port 8080", "version 3.2": the word before says what it is. */
static bool
take_label(struct reading *r)
{
	const struct token *last = r->i > 0 ? &r->tokens[r->i - 1] : NULL;

	if (last == NULL || last->stop || !in(r, r->i - 1, labels))
		return false;
	r->amount->dimension = 'L';
	r->amount->things[0] = statement_hash(last->stem);
	return true;
}

/* Up to three content words that follow: "two written warnings". */
static void
take_things(struct reading *r)
{
	size_t k = 0;

	r->amount->dimension = 'c';
	for (size_t i = r->i + 1; i < r->n && k < 3 && !r->tokens[i - 1].stop; i++) {
		const struct token *t = &r->tokens[i];
		bool denies;

		if ((t->flags & TEXT_STOP) || t->number || lexicon_light(t->word))
			break;
		r->amount->things[k++] = statement_hash(lexicon_stem(t->stem, &denies));
	}
}

/* ---- How it is meant --------------------------------------------------------------------------------------------- */

static void
mark(struct reading *r, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < r->n; i++)
		r->tokens[i].use = TOKEN_AMOUNT;
}

/* "no more than", "must not exceed": a bound of which the words before the number tell.  Returns where it begins. */
static size_t
take_bound_before(struct reading *r)
{
	static const char skip[] =
	    " a an the of to is be about approximately around roughly nearly almost some only just "
	    "than or equal usually ";
	size_t i = r->i;
	bool more, less, no;

	while (i > 0 && in(r, i - 1, skip) && r->i - i < 3) {
		if (in(r, i - 1, " about approximately around roughly nearly almost "))
			r->amount->bound = AMOUNT_ABOUT;
		i--;
	}
	if (i == 0)
		return r->i;
	more = in(r, i - 1,
	    " more greater over above exceeding exceed exceeds longer higher fewer less under below shorter "
	    "lower smaller later earlier older younger larger ");
	less = in(r, i - 1, " fewer less under below shorter lower smaller earlier younger ");
	no = more && i > 1 && in(r, i - 2, " no not never cannot ");
	if (in(r, i - 1, " least minimum min ")) {
		r->amount->bound = AMOUNT_LEAST;
	} else if (in(r, i - 1, " most maximum max ") || (in(r, i - 1, " up ") && in(r, i, " to "))) {
		r->amount->bound = AMOUNT_MOST;
	} else if (more) {
		r->amount->bound = less != no ? AMOUNT_MOST : AMOUNT_LEAST;
	} else {
		return r->amount->bound == AMOUNT_ABOUT ? i : r->i;
	}
	i -= 1 + no;
	return i > 0 && in(r, i - 1, " at ") ? i - 1 : i;
}

/* "or more", "or less", "at least" behind it. */
static void
take_bound_behind(struct reading *r)
{
	size_t i = r->amount->end;

	/* "18 years of age or older" */
	if (in(r, i, " of ") && in(r, i + 1, " age "))
		i += 2;
	else if (in(r, i, " old "))
		i++;
	if (in(r, i, " or and ") &&
	    in(r, i + 1, " more later older above over longer higher newer greater upwards larger ")) {
		r->amount->bound = AMOUNT_LEAST;
		r->amount->end = i + 2;
	} else if (in(r, i, " or and ") &&
		   in(r, i + 1, " less fewer earlier younger below under shorter lower smaller ")) {
		r->amount->bound = AMOUNT_MOST;
		r->amount->end = i + 2;
	}
}

/* "per month", "a day", "each year", "/s": a rate. */
static void
take_rate(struct reading *r)
{
	struct amount other = {0};
	struct reading per = {r->tokens, r->n, r->i, &other};
	size_t i = r->amount->end;
	double factor;

	if (i == 0 || i >= r->n ||
	    (r->tokens[i - 1].stop && r->tokens[i - 1].after != 0 && r->tokens[i - 1].after != '/'))
		return;
	if (in(r, i, " per a an each every ") && take_unit(&per, i + 1, &factor) && other.dimension == 't')
		i += 2;
	else if (r->tokens[i - 1].after == '/' && take_unit(&per, i, &factor) && other.dimension == 't')
		i++;
	else if (in(r, i, " daily weekly monthly yearly annually hourly ")) {
		factor = in(r, i, " daily ")     ? DAY
			 : in(r, i, " weekly ")  ? 7 * DAY
			 : in(r, i, " monthly ") ? 30.44 * DAY
			 : in(r, i, " hourly ")  ? 3600
						 : 365.25 * DAY;
		i++;
	} else {
		return;
	}
	r->amount->per = factor;
	r->amount->rough = true;
	r->amount->end = i;
}

/* ---- One amount -------------------------------------------------------------------------------------------------- */

/* A second number makes it a range: "10-20", "10 to 20", "between 10 and 20".  Its place, or 0. */
static size_t
range_end(const struct reading *r)
{
	const struct token *t = &r->tokens[r->i];
	size_t i = r->i + 1;

	if (i < r->n && t->after == '-' && !t->stop && r->tokens[i].number)
		return i;
	if (i + 1 < r->n && r->tokens[i + 1].number && !t->stop &&
	    (in(r, i, " to ") || (in(r, i, " and ") && r->i > 0 && in(r, r->i - 1, " between "))))
		return i + 1;
	return 0;
}

static bool
is_counted(const struct reading *r)
{
	const struct token *t = &r->tokens[r->i];

	/* Of programs, or of names: "-6", "[0]", ":8443", "TLS 1.2". */
	if (t->before != 0 && strchr("_/=[#", t->before) != NULL)
		return false;
	if (t->before == '.' && r->i > 0 && !r->tokens[r->i - 1].stop)
		return false;
	if (t->before == '-' && r->i > 0 && r->tokens[r->i - 1].at + r->tokens[r->i - 1].len + 1 == t->at)
		return false; /* "BSD-3-clause" */
	if (r->amount->things[0] == 0 &&
	    ((t->before != 0 && strchr("-/=:[_.<>#\\{|", t->before) != NULL) || r->i == 0 ||
		!in(r, r->i - 1,
		    " is are was to of at by than be equals least most more less about exactly only defaults from "
		    "and ")))
		return false;
	/* "one" is a pronoun as often as a number, and numbers with a dot behind a title are of lists. */
	if (strcmp(t->word, "one") == 0)
		return r->amount->things[0] != 0 && r->i > 0 && !in(r, r->i + 1, " of ");
	return true;
}

/* A number without a digit before a unit: "a month", "an hour". */
static bool
is_article_of_unit(struct reading *r)
{
	double factor;

	return in(r, r->i, " a an ") && r->i > 0 &&
	       in(r, r->i - 1, " within of after for least most than is lasts takes ") &&
	       take_unit(r, r->i + 1, &factor) && r->amount->dimension == 't';
}

static bool
is_adjective(const struct reading *r, size_t i)
{
	return i + 1 < r->n && !r->tokens[i - 1].stop && !r->tokens[i].stop && !r->tokens[i].number &&
	       !(r->tokens[i].flags & TEXT_STOP);
}

static bool
read_one(struct reading *r)
{
	struct token *t = &r->tokens[r->i];
	size_t second, from = r->i, unit;
	double factor = 1;

	if (in(r, r->i, " once twice ") &&
	    (in(r, r->i + 1, " a per every each daily weekly monthly yearly ") || r->i + 1 == r->n)) {
		*r->amount = (struct amount){.dimension = 'n', .unit = "time", .end = r->i + 1};
		r->amount->low = r->amount->high = strcmp(t->word, "once") == 0 ? 1 : 2;
	} else if (is_article_of_unit(r)) {
		t->value = 1;
	} else if (!t->number || t->use != TOKEN_FREE) {
		return false;
	}
	if (r->amount->dimension != 'n') {
		r->amount->dimension = 0;
		r->amount->low = r->amount->high = t->value;
		second = range_end(r);
		if (second > 0) {
			from = in(r, r->i > 0 ? r->i - 1 : r->n, " between from ") ? r->i - 1 : r->i;
			r->amount->bound = AMOUNT_RANGE;
			r->amount->high = r->tokens[second].value;
			r->i = second;
		}
		r->amount->end = unit = r->i + 1;
		if (in(r, unit, " business working ") && take_unit(r, unit + 1, &factor)) {
			r->amount->dimension = 'w';
			r->amount->end = unit + 2;
		} else if (!r->tokens[r->i].stop && take_unit(r, unit, &factor)) {
			r->amount->end = unit + 1;
		} else if (is_adjective(r, unit) && take_unit(r, unit + 1, &factor)) {
			r->amount->end = unit; /* "250 operating hours" */
			r->tokens[unit + 1].use = TOKEN_AMOUNT;
		} else if (in(r, unit, " times ")) {
			r->amount->dimension = 'n';
			r->amount->end = unit + 1;
		} else if (!take_sign(r) && !take_degrees(r) && !take_hour(r) && !take_label(r)) {
			take_things(r);
		}
		r->amount->low *= factor;
		r->amount->high *= factor;
	}
	if (r->amount->dimension == 'c' && !is_counted(r))
		return false;
	if (r->amount->bound != AMOUNT_RANGE)
		from = take_bound_before(r);
	take_bound_behind(r);
	take_rate(r);
	r->amount->token = from;
	r->amount->conditional = is_condition(t);
	mark(r, from, r->amount->end);
	return true;
}

/* "The minimum order is 10 units": it is said of all amounts that are not bounded otherwise. */
static void
bound_by_name(const struct token *tokens, size_t n, struct amount *amounts, size_t n_amounts)
{
	uint8_t bound = AMOUNT_EXACT;

	for (size_t i = 0; i < n; i++)
		if (tokens[i].use != TOKEN_AMOUNT) {
			if (token_in(tokens, n, i, " minimum min "))
				bound = AMOUNT_LEAST;
			else if (token_in(tokens, n, i, " maximum max limit limited "))
				bound = AMOUNT_MOST;
		}
	for (size_t i = 0; i < n_amounts; i++)
		if (amounts[i].bound == AMOUNT_EXACT)
			amounts[i].bound = bound;
}

size_t
amounts_read(struct token *tokens, size_t n, struct amount *ret, size_t most)
{
	size_t found = 0;

	for (size_t i = 0; i < n && found < most; i++) {
		struct reading r = {tokens, n, i, &ret[found]};

		ret[found] = (struct amount){0};
		if (tokens[i].use != TOKEN_FREE || !read_one(&r))
			continue;
		i = ret[found].end > i ? ret[found].end - 1 : i;
		found++;
	}
	bound_by_name(tokens, n, ret, found);
	return found;
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static bool
same_things(const struct amount *a, const struct amount *b)
{
	if (a->things[0] == 0 && b->things[0] == 0)
		return true;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			if (a->things[i] != 0 && a->things[i] == b->things[k])
				return true;
	return false;
}

bool
amount_comparable(const struct amount *a, const struct amount *b)
{
	if (a->dimension != b->dimension || (a->per > 0) != (b->per > 0))
		return false;
	return (a->dimension != 'c' && a->dimension != 'L') || same_things(a, b);
}

/* How far apart two numbers may be and yet say the same. */
static double
tolerance(const struct amount *a, const struct amount *b)
{
	if (a->bound == AMOUNT_ABOUT || b->bound == AMOUNT_ABOUT)
		return 0.15;
	if ((!a->rough && !b->rough) || (strcmp(a->unit, b->unit) == 0 && a->per == b->per))
		return 1e-9;
	return a->dimension == 'b' ? 0.11 : 0.035;
}

static bool
close_to(double x, double y, double share)
{
	return fabs(x - y) <= share * fmax(fabs(x), fabs(y));
}

static struct amount
rate(const struct amount *a)
{
	struct amount r = *a;

	if (r.per > 0) {
		r.low /= r.per;
		r.high /= r.per;
	}
	return r;
}

bool
amount_equal(const struct amount *a, const struct amount *b)
{
	struct amount x = rate(a), y = rate(b);
	double share = tolerance(a, b);

	return close_to(x.low, y.low, share) && close_to(x.high, y.high, share);
}

bool
amount_conflicts(const struct amount *a, const struct amount *b)
{
	struct amount x = rate(a), y = rate(b);
	bool upper_a = x.bound == AMOUNT_MOST, upper_b = y.bound == AMOUNT_MOST;
	bool lower_a = x.bound == AMOUNT_LEAST, lower_b = y.bound == AMOUNT_LEAST;

	if (amount_equal(a, b))
		return false;
	if ((upper_a && upper_b) || (lower_a && lower_b))
		return true;
	if (x.bound == AMOUNT_RANGE && y.bound == AMOUNT_RANGE)
		return !(x.low >= y.low && x.high <= y.high) && !(y.low >= x.low && y.high <= x.high);
	/* Is there a number that fits both? */
	if (upper_a || lower_b)
		return upper_a ? y.low > x.high : x.high < y.low;
	if (lower_a || upper_b)
		return lower_a ? y.high < x.low : x.low > y.high;
	return y.low > x.high || x.low > y.high;
}
