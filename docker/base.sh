#!/bin/sh
# Makes the base image of the Dockerfile where it is absent and no registry hands it out: the same Debian, from packages.
set -eu

IMAGE=debian:trixie-slim
SUITE=trixie
PULL_TIMEOUT_S=120
SOURCE_DATE_EPOCH=1767225600
docker=$("$(dirname "$0")/engine.sh" client)

"$docker" image inspect $IMAGE >/dev/null 2>&1 && exit
limit=$(command -v timeout >/dev/null && echo "timeout $PULL_TIMEOUT_S" || true) # macOS has none
reason=$($limit "$docker" pull --quiet $IMAGE 2>&1 >/dev/null) && exit

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "$IMAGE cannot be pulled, and only root on Debian or Ubuntu can build it from packages: $reason" >&2
    exit 1
fi
if ! command -v debootstrap >/dev/null; then
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        debootstrap debian-archive-keyring >&2
fi

echo "$IMAGE cannot be pulled: building it from Debian's packages" >&2
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
debootstrap --variant=minbase $SUITE "$root" >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
}

# The updates come from where the packages came from.
mirror=$(awk '$1 == "deb" { print $2; exit }' "$root/etc/apt/sources.list")
rm "$root/etc/apt/sources.list"
cat >"$root/etc/apt/sources.list.d/debian.sources" <<END
Types: deb
URIs: $mirror
Suites: $SUITE $SUITE-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: $mirror-security
Suites: $SUITE-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END

# What makes the published image slim, for the packages here and for those that come later; licences stay.
cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
path-exclude /usr/share/man/*
force-unsafe-io
END
cat >"$root/etc/apt/apt.conf.d/docker" <<'END'
Acquire::Languages "none";
Apt::AutoRemove::SuggestsImportant "false";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
END
# Services must not start where there is no init.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

# Security updates since the release; the name server of this machine is lent for a moment.
cp /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" sh -c 'apt-get update -qq && apt-get upgrade -y -qq' >>"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
}
: >"$root/etc/resolv.conf"

find "$root/usr/share/doc" ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -depth -type d -empty -delete
find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
rm -rf "$root/usr/share/man/"* "$root/usr/share/info/"* "$root/usr/share/groff/"* "$root/usr/share/lintian/"* \
    "$root/var/lib/apt/lists/"* "$root/var/cache/apt/"* "$root/var/cache/ldconfig/"* "$root/var/cache/debconf/"*-old \
    "$root/var/log/"*.log "$root/var/log/apt/"* "$root/var/lib/dpkg/"*-old \
    "$root/proc/"* "$root/sys/"* "$root/dev/"* "$root/run/"* "$root/tmp/"* "$root/root/".[!.]*history
rm -f "$root/etc/hostname"
: >"$root/etc/machine-id"
: >"$root/etc/hosts" # a build mounts its own over it; were it absent, the mount would leave its time on /etc

# The same packages give the same image: no later time than this one, in one order.
tar --create --numeric-owner --sort=name --mtime=@$SOURCE_DATE_EPOCH --clamp-mtime --directory "$root" . |
    "$docker" import --change 'CMD ["bash"]' \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        - $IMAGE >/dev/null
