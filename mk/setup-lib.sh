# SPDX-License-Identifier: MIT
# Sourced by setup-qemu, setup-cbmc and setup-lua: fetch packages of another Debian suite without touching the system's apt.

say() { echo "set-up: $*" >&2; }
die() { echo "set-up: error: $*" >&2; exit 1; }

# The archive this machine's own apt uses.
archive_uri() {
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
		awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

# private_apt DIR SUITE...: an apt configuration of its own in DIR that knows these suites; exported as APT_CONFIG.
# With archive_type=deb-src it knows their source packages instead.
private_apt() {
	root=$1
	shift
	uri=$(archive_uri)
	[ -n "$uri" ] || die "apt knows no Debian archive; run 'apt-get update' first"
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$key" ] || die "$key is missing; install debian-archive-keyring"
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/parts"
	cp /var/lib/dpkg/status "$root/status"
	for suite; do echo "${archive_type:-deb} [signed-by=$key arch=amd64] $uri $suite main"; done >"$root/sources.list"
	cat >"$root/apt.conf" <<-C
	Dir::Etc::sourcelist "$root/sources.list";
	Dir::Etc::sourceparts "$root/parts";
	Dir::Etc::preferencesparts "$root/parts";
	Dir::Etc::preferences "/dev/null";
	Dir::State::lists "$root/lists";
	Dir::State::status "$root/status";
	Dir::Cache "$root/cache";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	APT::Sandbox::User "$(id -un)";
	Acquire::Languages "none";
	Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
	C
	APT_CONFIG=$root/apt.conf
	export APT_CONFIG
	apt-get -qq update || die "cannot read the package lists of $*; check the network"
}

# unpack_packages INTO NAME...: download to a scratch folder and unpack.
unpack_packages() {
	into=$1
	shift
	mkdir -p "$root/debs" "$into"
	(cd "$root/debs" && apt-get -qq download "$@" >log 2>&1) || { cat "$root/debs/log" >&2; die "download failed"; }
	for deb in "$root"/debs/*.deb; do dpkg-deb -x "$deb" "$into"; done
}
