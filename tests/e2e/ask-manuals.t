# Manuals: the modules that come with perl, as text.
. "$TESTS/lib.sh"
command -v pod2text >/dev/null || skip_all "no pod2text here (package perl)"
LIB=$(perl -MConfig -e 'print $Config{privlib}')
[ -e "$LIB/Getopt/Long.pm" ] || skip_all "no modules of perl in $LIB"
plan 9
installed
mkdir "$T/manuals"
for module in Benchmark Carp File::Copy File::Find File::Path File::Temp Getopt::Long HTTP::Tiny Memoize Pod::Usage \
    Term::ANSIColor Test::More Text::ParseWords Text::Wrap Tie::File Time::Local; do
	path=$LIB/${module//:://}
	[ -e "$path.pod" ] || path=$path.pm
	[ ! -e "$path" ] && [ ! -e "${path%.pm}.pod" ] || pod2text "$path" "$T/manuals/${module//::/-}"
done

asked "How do I bundle single-character options?" "$T/manuals"
cites Getopt-Long 'allow single-character options to be bundled' "an option"
asked "How do I copy a file?" "$T/manuals"
cites File-Copy 'a file to copy from and a file to copy to' "a function"
asked "How do I wrap a paragraph at 20 columns?" "$T/manuals"
cites Text-Wrap 'columns' "an example"
asked "How can I skip a test?" "$T/manuals"
cites Test-More 'skip' "a feature"
asked "What happens to a temporary file when the program exits?" "$T/manuals"
cites File-Temp 'when the program exits' "a behaviour"
holds "quotes_stand '$T/manuals'"       "each quote is byte for byte in its document"
asked "How do I grow tomatoes?" "$T/manuals"; cites_nothing "not told: a how-to"
asked "Who discovered penicillin?" "$T/manuals"; cites_nothing "not told: somebody"
asked "What is the airspeed of a swallow?" "$T/manuals"; cites_nothing "not told: a number"
