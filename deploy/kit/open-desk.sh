#!/bin/sh
# Opens the desk for people who do not live in a terminal: asks where it is, remembers the answer, opens the page.
set -u
desk=$HOME/.local/bin/desk
memory=${XDG_CONFIG_HOME:-$HOME/.config}/portevoix-desk-folder
place=$HOME/Documents/Portevoix
[ ! -r "$memory" ] || IFS= read -r place <"$memory"

echo "The folder of your desk: $place"
printf 'Press Enter to open it, or type another folder: '
IFS= read -r typed || typed=
[ -z "$typed" ] || place=$typed

if [ ! -e "$place/desk.json" ]; then
    echo "There is no desk in $place yet."
    printf 'To make a new one, type its name (for example police); to stop, press Enter: '
    IFS= read -r name || name=
    [ -n "$name" ] || exit 0
    printf 'Your own name, for the log (small letters, for example anna): '
    IFS= read -r person || person=
    [ -n "$person" ] || exit 0
    mkdir -p "$(dirname "$place")"
    "$desk" init "$place" --desk "$name" --person "$person" || { printf 'Press Enter to close. '; read -r _; exit 1; }
fi
mkdir -p "$(dirname "$memory")"
printf '%s\n' "$place" >"$memory"
# Ctrl-C closes the desk, in its own time; this script is not to go down before it.
trap : INT
# Without a terminal to ask at, the page asks who it is and for the passphrase.
"$desk" open "$place" </dev/null || { printf 'Press Enter to close. '; read -r _; exit 1; }
