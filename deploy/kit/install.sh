#!/bin/sh
# Installs the desk for the person who runs this, from this folder alone: no network, no administrator, no question.
#   sh install.sh                 checks the checksums and installs
#   sh install.sh --key KIT.pub   checks the signature of the checksums first (needs the program minisign)
# PYTHON=python3.12 chooses a Python. Another kit replaces the program and touches no desk's folder: close the desk first.
set -eu
fail() { echo "error: $*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
kit=$(dirname "$here")

key=
case "${1-}" in
    '') ;;
    --key) key=${2-}; [ -r "$key" ] || fail "There is no file '$key' with a public key: look at its name." ;;
    *) fail "Type: sh install.sh, or sh install.sh --key KIT.pub" ;;
esac
if [ -n "$key" ]; then
    [ -e "$kit/SHA256SUMS.minisig" ] || fail "This kit is not signed: ask for one that is, or compare its SHA-256."
    command -v minisign >/dev/null || fail "The program minisign is not on this computer: compare the kit's SHA-256."
    minisign -V -q -p "$key" -m "$kit/SHA256SUMS" >/dev/null 2>&1 ||
        fail "The signature is not of this key: do not install this kit, and tell whoever gave it to you."
fi
(cd "$kit" && sha256sum --check --quiet --strict SHA256SUMS >/dev/null 2>&1) ||
    fail "The kit is not as it was made: a file is missing or changed. Unpack it again, or get another copy."

python=
for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    command -v "$name" >/dev/null || continue
    version=$("$name" -c 'import ensurepip, sys, venv; print("%d%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if ls "$here"/wheels/*-cp"$version"-*.whl >/dev/null 2>&1; then python=$name; break; fi
done
[ -n "$python" ] || fail "None of the Pythons here (3.11, 3.12, 3.13, with venv) fits this kit: ask for one that does."
[ "$(uname -m)" = x86_64 ] || fail "This kit is for x86-64 and this computer is $(uname -m): ask for another."

data=${XDG_DATA_HOME:-$HOME/.local/share}
bin=$HOME/.local/bin
program=$data/portevoix-desk/$(sha256sum "$kit/SHA256SUMS" | cut -c 1-12)
mkdir -p "$data/applications" "$bin"
if [ ! -e "$program/complete" ]; then
    rm -rf "$program"
    "$python" -m venv "$program"
    "$program/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --no-index \
        --find-links "$here/wheels" --require-hashes --requirement "$here/requirements.txt"
    cp -R "$kit/manual" "$here/open-desk.sh" "$program/"
    touch "$program/complete"
fi

cat >"$bin/desk.new" <<COMMAND
#!/bin/sh
exec "$program/bin/python" -m portal.desk.cli "\$@"
COMMAND
chmod 755 "$bin/desk.new"
mv "$bin/desk.new" "$bin/desk"
cat >"$data/applications/portevoix-desk.desktop" <<ENTRY
[Desktop Entry]
Type=Application
Name=Desk
Comment=Read and answer reports, offline
Comment[fr]=Lire les signalements et y répondre, hors ligne
Exec=sh "$program/open-desk.sh"
Terminal=true
Categories=Office;
ENTRY
find "$data/portevoix-desk" -mindepth 1 -maxdepth 1 ! -path "$program" -exec rm -rf {} +
echo "The desk is installed. Open \"Desk\" from the menu of programs, or type: $bin/desk --help"
echo "The manual: $program/manual/desk.html"
