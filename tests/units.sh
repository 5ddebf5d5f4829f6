#!/bin/sh
# units.sh BUILD: runs every unit test program of a build folder and shows what each says at
# its end; all of it when it fails. Those of the PAM module share a folder and take turns.
set -u
build=$1
bad=0
mkdir -p "$build/units"

cat >"$build/units/run" <<'RUN'
#!/bin/sh
log=$(dirname "$0")/$(basename "$1").log
if "$1" >"$log" 2>&1; then
    tail -n 1 "$log"
else
    echo "$1 failed:"
    grep -v '^\[ *\(RUN\|OK\)' "$log"
    exit 1
fi
RUN
chmod +x "$build/units/run"

# The PAM module's programs mostly wait, so they do it beside the others.
programs=$(find "$build/tests" -name 'test_*' -type f -perm -u+x | sort)
echo "$programs" | grep /test_pam | xargs -n 1 "$build/units/run" &
pam=$!
echo "$programs" | grep -v /test_pam | xargs -P "$(nproc)" -n 1 "$build/units/run" || bad=1
wait "$pam" || bad=1
exit $bad
