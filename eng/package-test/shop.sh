#!/usr/bin/env bash
# Runs the README's program, which was built in the folder Shop, and uses it: shop.sh PORT. Its console may hold
# what ASP.NET Core and the cache say of their start, and nothing of a call's.
set -euo pipefail

address=http://127.0.0.1:$1
log=$(mktemp)
ASPNETCORE_URLS=$address dotnet Shop/bin/Release/net10.0/Shop.dll >"$log" 2>&1 &
shop=$!
trap 'kill -TERM "$shop" 2>/dev/null || true; wait "$shop" 2>/dev/null || true; rm -f "$log"' EXIT

fail() {
  echo "package-test: $1" >&2
  cat "$log" >&2
  exit 1
}

for (( second = 0; second < 30; second++ )); do
  ! curl --silent --fail "$address/health" >/dev/null || break
  sleep 1
done
[[ $(curl --silent "$address/health") == Healthy ]] || fail 'the README'\''s program is not healthy'
quiet_from=$(wc -l <"$log")
for _ in 1 2 3; do
  [[ $(curl --silent "$address/users/7") == '{"id":7,"name":"Ada"}' ]] || fail 'the README'\''s program does not answer'
done
curl --silent --fail --request DELETE "$address/users/7" || fail 'the README'\''s program does not remove'
! tail -n "+$(( quiet_from + 1 ))" "$log" | grep -E 'Npgsql|SolidCache|warn:|fail:' || fail 'its console is not quiet'
! grep -E 'warn:|fail:' "$log" || fail 'it warns at its start'
echo 'The README'\''s program runs, and its console is quiet.'
