#!/bin/bash
# The bench of asking: loading documents, and the time to a brief.  Run by `make bench-ask`, and with `make bench`.
#
#   brief, cold       `hospes ask` on the licences of this system, its private host, plugins and index included; the best
#                     and the middle of TRIES (9)
#   loading           MEGABYTES (500) of text in documents of 50 KB into a host, indexed: MB/s, and the most memory (RSS)
#                     that the core had
#   brief, 500 MB     the same question on that, once loaded
#
# The text is made of the documents of this system (copyright files, licences, perl's manuals), a different selection
# and order of paragraphs in each document, so that no two are alike and words are as frequent as in real text.

set -u
: "${STAGE:?run by make bench-ask}"
export LC_ALL=C NO_COLOR=1
T=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/var/tmp}}/hospes-bench.XXXXXX") || exit 2
chmod 711 "$T"
# With the plugins that are installed, which scenarios do without.
cp -a "$STAGE" "$T/prefix"
mv -T "$T/prefix/lib/hospes/plugins.all" "$T/prefix/lib/hospes/plugins"
PATH=$T/prefix/bin:$T/prefix/sbin:$PATH
host=

ended()
{
	[ -z "$host" ] || { kill "$host" 2>/dev/null; wait "$host" 2>/dev/null; }
	rm -rf "$T"
}
trap ended EXIT

die()
{
	echo "bench: $*" >&2
	[ ! -e "$T/host.log" ] || tail -n 20 "$T/host.log" >&2
	exit 1
}

QUESTION="What must someone who distributes binaries do?"
ROW='%-52s %10s %s\n'

# seconds COMMAND...: how long it took; its output goes to $T/out.
seconds()
{
	local from=$EPOCHREALTIME
	"$@" >"$T/out" 2>"$T/err" || die "$* ended with $?: $(cat "$T/err")"
	awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", b - a }'
}

cold()
{
	unset HOSPES_SOCKET
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		XDG_RUNTIME_DIR=$T XDG_STATE_HOME=$T XDG_DATA_HOME=$T \
		    seconds hospes ask "$QUESTION" --sources /usr/share/common-licenses --json
	done | sort -g | awk '{ t[NR] = $1 } END { printf "%.2f s (middle %.2f s)\n", t[1], t[int((NR + 1) / 2)] }'
}

# 50 KB a document, of paragraphs by chance (the same chance each time) of what the system has.
corpus()
{
	mkdir -p "$T/corpus"
	find /usr/share/common-licenses /usr/share/doc /usr/share/perl /usr/share/perl5 -type f \
	    \( -name copyright -o -path '*common-licenses*' -o -name '*.pod' -o -name '*.pm' \) -size -400k 2>/dev/null |
	    sort | xargs cat 2>/dev/null | iconv -f UTF-8 -t UTF-8 -c 2>/dev/null | tr -d '\000' |
	    perl -e '
		srand(7);
		local $/ = "";
		my @paragraphs = grep { length > 40 } <STDIN>;
		my ($folder, $bytes, $each) = @ARGV;
		for (my $n = 0; $bytes > 0; $n++) {
			open(my $f, ">", sprintf("%s/%05d.txt", $folder, $n)) or die;
			for (my $had = 0; $had < $each;) {
				my $p = $paragraphs[rand @paragraphs];
				print $f $p;
				$had += length $p;
			}
			$bytes -= -s $f || tell($f);
			close($f);
		}' "$T/corpus" $((${MEGABYTES:-500} * 1000000)) 50000
}

printf 'on %s, %s CPUs, kernel %s\n\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
printf "$ROW" "a brief on the licences, cold private host" "$(cold)" ""

corpus
mkdir -m 0755 "$T/run"
cat >"$T/hospes.conf" <<CONF
state = "$T/state";
socket = "$T/run/host.sock";
CONF
export HOSPES_SOCKET=$T/run/host.sock
mkfifo "$T/ready"
hospesd -c "$T/hospes.conf" --ready-fd 8 8>"$T/ready" 2>"$T/host.log" </dev/null &
host=$!
read -rt 60 <"$T/ready" || die "the host did not start"

bytes=$(du -sb "$T/corpus" | cut -f 1)
load=$(seconds hospes memory load bench "$T/corpus" --json)
# A search waits for what it has to see: loaded is indexed.
index=$(seconds hospes memory search bench "distribute binaries" --json)
rss=$(awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$host/status")
printf "$ROW" "loading $((bytes / 1000000)) MB in $(find "$T/corpus" -type f | wc -l) documents, searchable" \
    "$(awk -v b="$bytes" -v a="$load" -v i="$index" 'BEGIN { printf "%.1f MB/s", b / 1e6 / (a + i) }')" "core at most $rss MiB"
# answered QUESTION: how long until its brief, or until it is told that there is none.
answered()
{
	local from=$EPOCHREALTIME code=0
	hospes ask "$1" --space bench --json >"$T/out" 2>"$T/err" || code=$?
	[ $code -eq 0 ] || [ $code -eq 3 ] && grep -q '"answer"' "$T/out" || die "$(cat "$T/err")"
	awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f s\n", b - a }'
}
for question in "$QUESTION" "Who holds the copyright of the manuals?" "What boils mercury in a zeppelin?"; do
	printf "$ROW" "on that: ${question:0:43}" "$(answered "$question")" ""
done
