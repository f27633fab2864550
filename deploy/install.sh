#!/bin/sh
# Installs, upgrades, rolls back or removes the portal on Debian 12, from the folder that this script lies in.
#
#     deploy/install.sh install [--wheels DIR]   beside what runs now, then in its place; what fails is undone
#     deploy/install.sh rollback                 back to the release before
#     deploy/install.sh uninstall [--purge]      --purge: reports, secrets and the onion address as well
#
# Releases lie in /opt/portevoix/releases, the one in use is /opt/portevoix/current. Files in /etc/portevoix are the
# operator's: a newer one is put beside it as NAME.new. With --root DIR everything goes under DIR and nothing is started.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
command=${1:-}
[ $# -gt 0 ] && shift
root= wheels= purge=
while [ $# -gt 0 ]; do
    case $1 in
    --root) root=${2%/}; shift 2 ;;
    --wheels) wheels=$2; shift 2 ;;
    --purge) purge=yes; shift ;;
    *) echo "error: $1 is not an option of this script: read its first lines." >&2; exit 2 ;;
    esac
done
opt=$root/opt/portevoix etc=$root/etc/portevoix units=$root/etc/systemd/system
state=$root/var/lib/portevoix
python=${PYTHON:-/usr/bin/python3}

say() { echo "portevoix: $*" >&2; }
fail() { echo "error: $*" >&2; exit 1; }
live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
[ "$(id -u)" = 0 ] || fail "This must be done as root: type it again with sudo in front."

packages() {
    [ -z "$root" ] || return 0
    "$here/scripts/packages" python3 python3-venv tor apparmor || fail "A Debian package is missing, see above."
    # Debian's own tor service is not used, and one more tor would only be one more thing to guard.
    ! live || systemctl disable --quiet --now tor.service 2>/dev/null || true
}

build_release() {
    version=$(sed -n 's/^version = //p' "$here/setup.cfg")
    sum=$(cd "$here" && find portal tor templates requirements/portal.lock setup.cfg -type f ! -name '*.pyc' \
        -exec sha256sum {} + | LC_ALL=C sort -k 2 | sha256sum | cut -c 1-12)
    release=$opt/releases/$version-$sum
    if [ -f "$release/complete" ]; then
        say "Release $version-$sum is here already."
        return
    fi
    say "Building release $version-$sum …"
    rm -rf "$release"
    mkdir -p "$release"
    "$python" -m venv "$release/venv"
    set -- --quiet --disable-pip-version-check --no-cache-dir
    [ -z "$wheels" ] || set -- "$@" --no-index --find-links "$wheels"
    "$release/venv/bin/python" -m pip install "$@" --require-hashes -r "$here/requirements/portal.lock"
    source=$(mktemp -d)
    (cd "$here" && cp -R portal tor templates setup.cfg pyproject.toml README.md LICENSE "$source")
    "$release/venv/bin/python" -m pip install "$@" --no-deps --no-build-isolation "$source"
    rm -rf "$source"
    "$release/venv/bin/python" -m compileall -q "$release/venv/lib"
    cp -R "$here/docs" "$here/deploy" "$release/"
    touch "$release/complete"
}

# The operator's file stays; a newer one of ours lies beside it.
put_setting() {
    if [ ! -e "$2" ]; then
        install -D -m 0644 "$1" "$2"
    elif ! cmp -s "$1" "$2"; then
        install -m 0644 "$1" "$2.new"
        say "$2 was changed here and stays; ours is in $2.new."
    fi
}

# The files of one release outside its folder, from its folder `deploy`: they change with it, and go back with it.
put_files() {
    install -D -m 0644 "$1/portevoix.sysusers" "$root/usr/lib/sysusers.d/portevoix.conf"
    install -D -m 0644 "$1/portevoix.tmpfiles" "$root/usr/lib/tmpfiles.d/portevoix.conf"
    install -D -m 0644 "$1/portevoix.journald" "$root/etc/systemd/journald.conf.d/portevoix.conf"
    install -D -m 0644 "$1/apparmor/portevoix" "$root/etc/apparmor.d/portevoix"
    install -D -m 0755 "$1/portevoix" "$root/usr/local/sbin/portevoix"
    install -D -m 0755 "$1/portevoix-seal" "$root/usr/local/sbin/portevoix-seal"
    for unit in "$1"/*.service "$1"/*.timer; do
        install -D -m 0644 "$unit" "$units/$(basename "$unit")"
    done
    if live; then
        systemctl daemon-reload
        systemctl restart systemd-journald.service
    fi
    systemd-sysusers --root="${root:-/}" portevoix.conf
    systemd-tmpfiles --root="${root:-/}" --create portevoix.conf
    if [ -z "$root" ] && [ -d /sys/kernel/security/apparmor ]; then
        apparmor_parser -r /etc/apparmor.d/portevoix
    fi
}

as_portal() {
    if [ -n "$root" ]; then "$@"; else setpriv --reuid=portevoix --regid=portevoix --clear-groups "$@"; fi
}

switch_to() {
    [ ! -L "$opt/current" ] || ln -sfn "$(readlink "$opt/current")" "$opt/previous"
    ln -sfn "$1" "$opt/current.new"
    mv -T "$opt/current.new" "$opt/current"
}

start() {
    live || { say "Not started: systemd does not run here."; return 0; }
    systemctl enable --quiet portevoix-tor.service portevoix.service portevoix-backup.timer \
        portevoix-doctor.timer
    systemctl start portevoix-backup.timer portevoix-doctor.timer
    ls "$etc"/keys/*.recipients >/dev/null 2>&1 ||
        { say "Next: put the desks' NAME.recipients and NAME.pub into $etc/keys, then: systemctl start portevoix"; return 0; }
    systemctl restart portevoix-tor.service portevoix.service
    sleep 3
    systemctl is-active --quiet portevoix.service
}

install_portal() {
    packages
    build_release
    before=$(readlink "$opt/current" 2>/dev/null || true)
    before_that=$(readlink "$opt/previous" 2>/dev/null || true)
    put_setting "$here/deploy/portal.toml" "$etc/portal.toml"
    put_setting "$here/deploy/torrc" "$etc/torrc"
    put_files "$here/deploy"
    ! live || systemctl stop portevoix.service 2>/dev/null || true
    switch_to "releases/$(basename "$release")"
    if [ ! -e "$state/portal.pub" ]; then
        said=$(as_portal "$opt/current/venv/bin/portal" init --state "$state" 2>&1) || fail "$said"
        # What it says comes next is for a portal that is started by hand.
        echo "$said" | grep -v '^Next: ' >&2
        live && "$root/usr/local/sbin/portevoix-seal" ||
            say "The secrets lie in $state as they are: seal them with portevoix-seal where systemd runs."
    else
        # Brings the tables to what this release needs, and changes nothing else.
        as_portal "$opt/current/venv/bin/portal" migrate --state "$state" || { undo; fail "The release was taken back."; }
    fi
    start || { undo; fail "The new release does not run and was taken back: journalctl -u portevoix says why."; }
    forget_old
    say "Release $(basename "$release") is in place."
}

undo() {
    [ -n "$before" ] || return 0
    ln -sfn "$before" "$opt/current.new"
    mv -T "$opt/current.new" "$opt/current"
    if [ -n "$before_that" ]; then ln -sfn "$before_that" "$opt/previous"; else rm -f "$opt/previous"; fi
    put_files "$opt/$before/deploy"
    start || say "The release before does not run now either."
}

# Two releases stay: the one in use, and the one to which `rollback` goes.
forget_old() {
    for one in "$opt"/releases/*; do
        case releases/$(basename "$one") in
        "$(readlink "$opt/current")" | "$(readlink "$opt/previous" 2>/dev/null || true)") ;;
        *) rm -rf "$one" ;;
        esac
    done
}

rollback() {
    before=$(readlink "$opt/previous" 2>/dev/null || true)
    [ -n "$before" ] && [ -d "$opt/$before" ] || fail "There is no release before this one."
    # A release that does not know the tables refuses to start, so nothing can be lost by it.
    as_portal "$opt/$before/venv/bin/portal" check --state "$state" --keys "$etc/keys" ||
        fail "The release before does not fit the database, and nothing was changed: install a newer one instead."
    switch_to "$before"
    put_files "$opt/$before/deploy"
    start || fail "The release before does not run either: journalctl -u portevoix says why."
    say "Release $(basename "$before") is in place again."
}

uninstall() {
    if live; then
        systemctl disable --quiet --now portevoix.service portevoix-backup.timer portevoix-doctor.timer \
            portevoix-tor.service || true
    fi
    if [ -z "$root" ] && [ -d /sys/kernel/security/apparmor ]; then
        apparmor_parser -R /etc/apparmor.d/portevoix || true
    fi
    rm -f "$units"/portevoix.service "$units"/portevoix-tor.service "$units"/portevoix-backup.service
    rm -f "$units"/portevoix-backup.timer "$units"/portevoix-doctor.service "$units"/portevoix-doctor.timer
    rm -f "$root/usr/lib/sysusers.d/portevoix.conf" "$root/usr/lib/tmpfiles.d/portevoix.conf"
    rm -f "$root/etc/systemd/journald.conf.d/portevoix.conf" "$root/etc/apparmor.d/portevoix"
    rm -f "$root/usr/local/sbin/portevoix" "$root/usr/local/sbin/portevoix-seal"
    rm -rf "$opt"
    # systemd notes there when each timer ran last.
    rm -f "$root"/var/lib/systemd/timers/stamp-portevoix-*.timer
    if live; then
        systemctl daemon-reload
        systemctl reset-failed 'portevoix*' 2>/dev/null || true
        say "journald keeps what it has of the portal by its own rules again: journalctl --rotate --vacuum-time=1s empties it, of all services."
        systemctl restart systemd-journald.service
    fi
    if [ -n "$purge" ]; then
        rm -rf "$state" "$state".before-* "$etc" "$root/var/lib/portevoix-tor" "$root/var/backups/portevoix"
        say "Removed with all reports, secrets and the onion address."
    else
        say "Removed. Reports, secrets and settings stay in $state, $etc and $root/var/backups/portevoix."
    fi
}

case $command in
install) install_portal ;;
rollback) rollback ;;
uninstall) uninstall ;;
*) sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p' >&2; exit 2 ;;
esac
