#!/usr/bin/env bash
# Starts three nodes of a service on a PostgreSQL server of its own, changes articles on one of them and past all of them, kills this and that, and prints
# how soon all serve what is there. It ends with the tour; --once is for symmetry with ./demo.sh, --rounds N changes each article N times (default 20).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rounds=20
while (( $# > 0 )); do
  case $1 in
    --once) shift ;;
    --rounds) rounds=${2:?--rounds needs a number}; shift 2 ;;
    *) echo 'usage: ./samples/MultiNode/run.sh [--once] [--rounds N]' >&2; exit 64 ;;
  esac
done
dotnet build samples/MultiNode -c Release --nologo -v quiet
exec eng/with-postgres.sh --export ConnectionStrings__Postgres -- dotnet samples/MultiNode/bin/Release/net10.0/MultiNode.dll tour "$rounds"
