#!/bin/bash
# The documents: man pages without lint, each setting described everywhere, nothing too long.
set -u
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0

verdict() { # is it good? what was looked at
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "docs: FAILED: $2"
    fi
}

# Whether other manuals are installed here is not the page's fault.
has_no_lint() {
    ! mandoc -T lint -W style "$1" 2>/dev/null | grep -v 'referenced manual not found' | grep .
}

is_at_most() { # lines, file
    [ -s "$2" ] && [ "$(wc -l <"$2")" -le "$1" ]
}

settings() {
    sed -n 's/^ *{"\([a-z_]*\)", SETTING_.*/\1/p' config/setting.c
}

preset_of() {
    sed -n "/^ *{\"$1\",/,/}/p" config/setting.c | tr -d '\n' |
        sed -n 's/^[^}]*PLACE([a-z_]*), *[0-9]*, *[0-9]*, *\(NULL\|"[^"]*"\).*/\1/p' | tr -d '"'
}

# The paragraph of the man page about one setting.
paragraph() {
    awk -v name="$1" '$1 == ".It" || $1 == ".El" { inside = $2 == "Cm" && $3 == name } inside' \
        man/latchkey.conf.5
}

for page in man/*.[1-9]; do
    has_no_lint "$page"
    verdict $? "$page: mandoc complains"
done

is_at_most 120 README.md && is_at_most 120 HACKING.md && is_at_most 100 ARCHITECTURE.md &&
    is_at_most 400 CHANGELOG.md && [ -s LICENSE ]
verdict $? "a document is missing or too long"

[ "$(settings | wc -l)" -ge 10 ]
verdict $? "the table of settings in config/setting.c cannot be read"

for setting in $(settings); do
    preset=$(preset_of "$setting")
    example=$(sed -n "s/^#\{0,1\}$setting = \{0,1\}//p" packaging/latchkey.conf)
    [ "$(grep -Ec "^#?$setting = ?" packaging/latchkey.conf)" = 1 ] &&
        { [ "$preset" = NULL ] || [ "$preset" = "$example" ]; }
    verdict $? "packaging/latchkey.conf: $setting is missing, or its preset is not \"$preset\""
    [ "$preset" = NULL ] || [ -z "$preset" ] || paragraph "$setting" | grep -Fq -- "$preset"
    verdict $? "man/latchkey.conf.5: the preset of $setting is not \"$preset\""
    [ -n "$(paragraph "$setting")" ]
    verdict $? "man/latchkey.conf.5: $setting is not described"
done

unknown=$(sed -n 's/^\.It Cm \([a-z_]*\)$/\1/p' man/latchkey.conf.5 | grep -vxF "$(settings)")
[ -z "$unknown" ]
verdict $? "man/latchkey.conf.5 describes settings that do not exist: $unknown"

unknown=$(sed -n 's/^#\{0,1\}\([a-z_]*\) =.*/\1/p' packaging/latchkey.conf | grep -vxF "$(settings)")
[ -z "$unknown" ]
verdict $? "packaging/latchkey.conf shows settings that do not exist: $unknown"

[ "$(grep -xE '    sudo make [a-z]+' README.md | tr -s ' ' | tr '\n' ';')" = " sudo make demo; sudo make test;" ]
verdict $? "README.md names other commands than the two"

missing=$(grep -oE '^[|] .[a-z_]+/. ' README.md | tr -d '|`[:blank:]' | while read -r folder; do [ -d "$folder" ] || echo "$folder"; done)
[ -z "$missing" ]
verdict $? "README.md names folders that do not exist: $missing"

echo "docs: $passed passed, $failed failed"
[ "$failed" = 0 ]
