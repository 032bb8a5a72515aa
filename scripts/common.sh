# Sourced by the other scripts: where things are kept, and tools that are installed when they are absent.
# Everything that is built lies outside the clone, under $MAKEGOOD_CACHE, unless CARGO_TARGET_DIR says otherwise.

cache=${MAKEGOOD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/makegood-ci}
PATH=$cache/tools/bin:$PATH

fail() {
    echo "$*" >&2
    exit 1
}

# needs_debian COMMAND PACKAGE…: installs Debian packages when a command is absent.
needs_debian() {
    local command=$1
    shift
    command -v "$command" >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "$command is absent: install it (on Debian: apt-get install $*), or run this as root on Debian"
    echo "installing $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

needs_rust() {
    command -v cargo >/dev/null || fail "cargo is absent: install Rust 1.95 or newer, see https://rustup.rs"
    needs_debian c++ build-essential
}

# needs_cargo TOOL VERSION: builds a cargo subcommand when it is absent. It is built unoptimised, which takes a third
# of the time.
needs_cargo() {
    command -v "$1" >/dev/null && return
    echo "building $1 $2"
    CARGO_TARGET_DIR=$cache/tools/target CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install --quiet --locked --debug --root "$cache/tools" "$1@$2"
}
