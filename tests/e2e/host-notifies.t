# A service manager is told when the host serves, reads its configuration again and stops; the watchdog's beats come from
# the host's loop, and one that stands still beats no more.
. "$TESTS/lib.sh"
plan 11

# A service manager: takes what comes on its socket, a line a message; says "silence" when nothing came for two seconds.
manager_start()
{
	perl -MIO::Socket::UNIX -MSocket -e '
	    $| = 1;
	    my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$ARGV[0]: $!";
	    print "listening\n";
	    for (;;) {
		my $in = "";
		vec($in, fileno($s), 1) = 1;
		if (!select($in, undef, undef, 2)) { print "silence\n"; exit if getppid() == 1; next; }
		recv($s, my $text, 4096, 0);
		$text =~ s/\n/ | /g;
		print "$text\n";
	    }' "$T/notify" >"$T/manager.log" 2>&1 &
	MANAGER=$!
	wait_for 'heard listening' && chmod 0777 "$T/notify"
}

heard()
{
	grep -qE -- "$1" "$T/manager.log"
}

heard_times()
{
	grep -cE -- "$1" "$T/manager.log"
}

manager_start
trap 'kill $MANAGER 2>/dev/null; scenario_end' EXIT
mkdir -p -m 0755 "$DROP"
conf_write
export NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=200000
host_launch
unset NOTIFY_SOCKET WATCHDOG_USEC
wait_for "heard '^READY=1 '";                   ok $? "it says that it is ready"
holds "heard '^READY=1 .* STATUS=Serving on $T/run/host.sock\$'" "and where it serves"
hospes agents >/dev/null 2>&1;                  ok $? "and the socket answers"
wait_for '[ "$(heard_times "^WATCHDOG=1")" -ge 3 ]'
ok $? "beats come"
grep -zq '^NOTIFY_SOCKET=' "/proc/$(pgrep -P "$HOST" hospes-spawner)/environ"
holds '[ $? -ne 0 ]' "what it starts knows nothing of the manager"

# a reload
conf_write 'run: { depth = 3; };'
kill -HUP "$HOST"
wait_for '[ "$(heard_times "^READY=1")" -eq 2 ]'
is "$(grep -vE '^(WATCHDOG|listening|silence)' "$T/manager.log" | sed 's/[ =].*//' | tr '\n' ' ')" \
    "READY RELOADING READY " "a reload is announced, and its end"
holds "heard '^RELOADING=1 . MONOTONIC_USEC=[0-9]+ '" "with the time of the signal's answer"

# a host that stands still
holds "! heard silence" "so far it was never silent"
kill -STOP "$HOST"
wait_for 'heard silence';                       ok $? "one that is stopped beats no more"
kill -CONT "$HOST"
wait_for 'tail -n 1 "$T/manager.log" | grep -q WATCHDOG'
ok $? "and goes on when it does"

host_stop
holds "heard '^STOPPING=1 '" "its end is announced"
