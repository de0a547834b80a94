#!/usr/bin/env bash
# Compiles tests/SolidCache.Postgres.Aot to native code, where no warning may be, and runs it against a server. Linux on x64 only. Prints the size and the time to start.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compiler=clang
command -v clang >/dev/null || compiler=gcc
eng/apt-program.sh "$compiler" "$compiler" 'native code'
eng/apt-program.sh /usr/include/zlib.h zlib1g-dev 'native code'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Restored by itself: with -r it would write the platform into the library's lock file.
dotnet restore tests/SolidCache.Postgres.Aot -v quiet
dotnet publish tests/SolidCache.Postgres.Aot -c Release -r linux-x64 --no-restore --output "$work" --nologo -v quiet -warnaserror \
  -p:CppCompilerAndLinker="$compiler"
program=$work/SolidCache.Postgres.Aot
[[ ! -e $program.dll ]] || { echo 'aot-test: this is no native program' >&2; exit 1; }
printf 'aot-test: %d KB of native code\n' $(( $(stat -c %s "$program") / 1000 ))
eng/with-postgres.sh --export ConnectionStrings__cachedb -- "$program"
