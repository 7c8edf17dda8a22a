# On SIGHUP what is marked reloadable holds for the runs that start after it; a file that is no good changes nothing.
. "$TESTS/lib.sh"
plan 6
host_start
plugin chain
plugin chain-1
plugin chain-2
run chain '{"levels": 2}';                      succeeds "two levels are allowed"
conf_write 'run: { depth = 1; };'
kill -HUP "$HOST"
wait_for "logged 'configuration was read again'"
run chain '{"levels": 2}';                      fails_with depth_exceeded "after the reload they are not"
run chain '{"levels": 1}';                      succeeds "one is"
conf_write 'run: { depht = 5; };'
kill -HUP "$HOST"
wait_for "logged 'configuration stays as it was'"
ok $? "a bad file is told"
holds "logged 'depht'" "with the key"
run chain '{"levels": 1}';                      succeeds "and changes nothing"
