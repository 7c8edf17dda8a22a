#!/bin/bash
# The bench of asking: loading documents, and the time to a brief.  Run by `make bench-ask`, and with `make bench`.
#
#   brief, cold       `hospes ask` on the licences of this system, its private host, plugins and index included; the best
#                     and the middle of TRIES (9)
#   loading           MEGABYTES (500) of text in documents of 50 KB into a host, until they can be searched: MB/s, the
#                     core's CPU and the most memory (RSS) that it had
#   on that           questions on it once loaded: of a space by its name, and of the folder, with --keep, which a second
#                     time loads nothing; the best of 3, and the core's CPU in that one
#
# The text is made of the documents of this system (copyright files, licences, perl's manuals), a different selection
# and order of paragraphs in each document, so that no two are alike and words are as frequent as in real text.  It needs
# perl.

BENCH_DIR=${BENCH_DIR:-${TMPDIR:-/var/tmp}}
. "${0%/*}/lib.sh"
set -o pipefail
# With the plugins that are installed, which scenarios do without.
cp -a "$STAGE" "$T/prefix" || exit 2
mv -T "$T/prefix/lib/hospes/plugins.all" "$T/prefix/lib/hospes/plugins"
PATH=$T/prefix/bin:$T/prefix/sbin:$PATH

MEGABYTES=${MEGABYTES:-500}
QUESTION="What must someone who distributes binaries do?"
ROW='%-52s %22s  %s\n'

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
	    \( -name copyright -o -path '*common-licenses*' -o -name '*.pod' -o -name '*.pm' \) -size -400k -print0 \
	    2>/dev/null | sort -z | xargs -0 cat | iconv -f UTF-8 -t UTF-8 -c | tr -d '\000' |
	    perl -e '
		srand(7);
		my ($folder, $bytes, $each) = @ARGV;
		local $/ = "";
		my @paragraphs = grep { length > 40 && length() < 8000 } <STDIN>;
		for (my $n = 0; $bytes > 0; $n++) {
			open(my $f, ">", sprintf("%s/%05d.txt", $folder, $n)) or die;
			my $had = 0;
			while ($had < $each) {
				my $p = $paragraphs[rand @paragraphs];
				print $f $p;
				$had += length $p;
			}
			close($f) or die;
			$bytes -= $had;
		}' "$T/corpus" $((MEGABYTES * 1000000)) 50000 || die "the documents could not be made; perl is needed"
	bytes=$(cat "$T/corpus/"* | wc -c)
	documents=$(ls "$T/corpus" | wc -l)
}

# host_cpu: seconds of CPU that the core has had, user's and system's.
host_cpu()
{
	local stat
	stat=$(cat "/proc/${host[ask]}/stat")
	set -- ${stat##*) }
	awk -v t=$((${12} + ${13})) -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f\n", t / hz }'
}

host_rss()
{
	awk -v what="$1" '$1 == what ":" { print int($2 / 1024) }' "/proc/${host[ask]}/status"
}

# answered ARGUMENT...: how long until the brief, or until it is told that there is none; the best of TRIES_LOADED (3).
answered()
{
	local from cpu code
	for ((try = 0; try < ${TRIES_LOADED:-3}; try++)); do
		code=0
		from=$EPOCHREALTIME
		cpu=$(host_cpu)
		hospes ask "$@" --json >"$T/out" 2>"$T/err" || code=$?
		[ $code -eq 0 ] || [ $code -eq 3 ] || die "$(cat "$T/err")"
		awk -v a="$from" -v b="$EPOCHREALTIME" -v c="$cpu" -v d="$(host_cpu)" 'BEGIN { printf "%.2f %.2f\n", b - a, d - c }'
	done | sort -g | head -n 1
}

# row WHAT ARGUMENT...: one of the table.
row()
{
	local what=$1 took
	shift
	took=$(answered "$@") || exit 1
	printf "$ROW" "$what" "${took% *} s" "core ${took#* } s of CPU"
}

machine
echo
took=$(cold) || exit 1
printf "$ROW" "a brief on the licences, cold private host" "$took" ""

corpus
mkdir -m 0755 "$T/ask"
cat >"$T/ask.conf" <<CONF
state = "$T/ask.state";
socket = "$T/ask/host.sock";
CONF
export XDG_CACHE_HOME=$T/cache
host_again ask

cpu=$(host_cpu)
load=$(seconds hospes memory load bench "$T/corpus" --json)
# A search waits for what it has to see: loaded is indexed.
index=$(seconds hospes memory search bench "distribute binaries" --json)
printf "$ROW" "loading $((bytes / 1000000)) MB in $documents documents, searchable" \
    "$(awk -v b="$bytes" -v a="$load" -v i="$index" 'BEGIN { printf "%.1f MB/s", b / 1e6 / (a + i) }')" \
    "core $(awk -v a="$cpu" -v b="$(host_cpu)" 'BEGIN { print b - a }') s of CPU, at most $(host_rss VmHWM) MiB"
for question in "$QUESTION" "Who holds the copyright of the manuals?" "How do I open a file for reading in perl?" \
    "What boils mercury in a zeppelin?"; do
	row "${question:0:50}" "$question" --space bench
done
seconds hospes memory drop bench >"$T/dropped"
TRIES_LOADED=1 row "--keep --sources FOLDER: loading, and the first" "$QUESTION" --keep --sources "$T/corpus"
row "the same again" "$QUESTION" --keep --sources "$T/corpus"
row "another question" "Who may change the licence?" --keep --sources "$T/corpus"
printf "$ROW" "memory of the core in the end" "$(host_rss VmRSS) MiB" "at most $(host_rss VmHWM) MiB"
