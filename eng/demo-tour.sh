#!/usr/bin/env bash
# Calls the running sample service and shows what its cache does: what reads cost with it and without, then one line
# for each request, with the answer's status, how long it took, where the profile came from and how long that part took in the
# service. Ends with three sentences, or with an error at the first answer that is not the expected one.
#
#   eng/demo-tour.sh BASE_URL
#
# One step changes a row in psql, where that is installed: in the database of ConnectionStrings__Postgres, an Npgsql connection string.
set -euo pipefail
export LC_ALL=C # a point in decimals

base=${1:?usage: eng/demo-tour.sh BASE_URL}
answers=$(mktemp -d)
trap 'rm -rf "$answers"' EXIT
json_body=(--header 'Content-Type: application/json' --data)

# call METHOD PATH [CURL OPTION...]: sends the request; what came back is in status, cache, permissions,
# milliseconds, profile (the last two as text) and the file body.
call() {
  local method=$1 path=$2 seconds microseconds
  shift 2
  : >"$answers/headers"
  : >"$answers/body"
  request="$method $path"
  read -r status seconds < <(curl --silent --show-error --noproxy '*' --max-time 30 --request "$method" \
    --dump-header "$answers/headers" --output "$answers/body" --write-out '%{http_code} %{time_total}\n' \
    "$@" "$base$path")
  microseconds=$(( 10#${seconds/[.,]/} )) # curl prints six decimals
  milliseconds=$(printf '%d.%d' $(( microseconds / 1000 )) $(( microseconds % 1000 / 100 )))
  cache=$(header '[Xx]-[Cc]ache: *([a-z]+)')
  permissions=$(header '[Xx]-[Pp]ermissions-[Cc]ache: *([a-z]+)')
  profile=$(header '[Ss]erver-[Tt]iming:.*profile;dur=([0-9.]+)')
}

# header PATTERN: what its parentheses match in the answer's headers.
header() { sed -nE "s/^$1.*/\1/p" "$answers/headers"; }

# json NAME: the value of that name in the answer's body; enough for flat JSON without escapes.
json() { tr -d '\n' <"$answers/body" | sed -nE 's/.*"'"$1"'" *: *"?([^",}]*).*/\1/p'; }

# expect TEXT STATUS [miss|hit|bypass]: prints the request's line and compares.
expect() {
  printf '  %-45s %3s %8s ms  %-6s  %7s  %s\n' "$request" "$status" "$milliseconds" "$cache" "$profile" "$1"
  [[ $status == "$2" ]] || fail "$1" "status $2, got $status"
  [[ -z ${3:-} || $cache == "$3" ]] || fail "$1" "X-Cache: $3, got '$cache'"
}

# same NAME EXPECTED TEXT: compares a value of the answer's body.
same() { [[ $(json "$1") == "$2" ]] || fail "$3" "$1 to be '$2', got '$(json "$1")'"; }

fail() {
  printf '\nThe tour failed at "%s" (%s): expected %s.\n' "$1" "$request" "$2" >&2
  head -c 2000 "$answers/body" >&2
  exit 1
}

# sign_in EMAIL PASSWORD: leaves the access token in token.
sign_in() {
  call POST /auth/sign-in "${json_body[@]}" "{\"email\":\"$1\",\"password\":\"$2\"}"
  expect "sign in as $1" 200
  token=$(json accessToken) # into files, which are this user's alone: command lines everybody on this machine may read
  [[ -n $token ]] || fail "sign in as $1" 'an accessToken'
}

# setting NAME: what the connection string says.
setting() { tr ';' '\n' <<<"${ConnectionStrings__Postgres:-}" | sed -nE "s/^ *$1 *= *//p"; }

# in_psql SQL: changes the database past the service.
in_psql() {
  PGHOST=$(setting Host) PGPORT=$(setting Port) PGUSER=$(setting Username) PGPASSWORD=$(setting Password) PGDATABASE=$(setting Database) \
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --command "$1"
}

thousands() { sed -E -e ':again' -e 's/([0-9])([0-9]{3})($|,)/\1,\2\3/' -e 't again' <<<"$1"; }

# fetch PATTERN: sends the requests that curl makes of the pattern, one after the other on one connection.
fetch() {
  request="GET $1"
  curl --silent --show-error --fail --noproxy '*' --max-time 120 "${admin[@]}" --dump-header "$answers/many" --output /dev/null "$base$1"
}

# reads SOURCE PATTERN: fetches, and leaves the median of the service's milliseconds for what came from there in median, and their number in
# reads. On a slow machine some profiles expire meanwhile.
reads() {
  fetch "$2"
  tr -d '\r' <"$answers/many" | awk -v source="$1" '
    tolower($1) == "x-cache:" { found = $2 }
    tolower($1) == "server-timing:" && found == source { sub(/.*dur=/, ""); print }' | sort -n >"$answers/times"
  reads=$(wc -l <"$answers/times")
  (( reads > 0 )) || fail 'many reads' "some of source $1"
  median=$(sed -n "$(( (reads + 1) / 2 ))p" "$answers/times")
}

# bar TITLE MILLISECONDS LONGEST
bar() {
  printf '  %-16s %7s ms  %s\n' "$1" "$2" "$(awk -v time="$2" -v longest="$3" 'BEGIN { for (; n < 50 * time / longest; n++) printf "█" }')"
}

sign_in admin@example.com Admin-demo-1 >"$answers/quiet"
echo "Authorization: Bearer $token" >"$answers/admin"
admin=(--header "@$answers/admin")
for (( users = 0, deadline = SECONDS + 120; users <= 2; )); do
  (( SECONDS < deadline )) || fail 'the crowd' 'more than two users'
  sleep 0.2
  call GET '/users?pageSize=1' "${admin[@]}"
  users=$(json total_users)
done

# The first requests of a process pay for its start-up: other profiles than those that are measured.
for _ in 1 2; do
  fetch '/users/[1004-1203]'
  fetch '/users/[1004-1203]?useCache=false'
done
some='/users/[3-300000:1500]'
fetch "$some?useCache=false"
reads bypass "$some?useCache=false"
from_tables=$median
fetch "$some"
reads hit "$some"
from_cache=$median
printf '\nThe profiles of %s out of %s users, read one after the other, in the median:\n\n' "$reads" "$(thousands "$users")"
bar 'from the tables' "$from_tables" "$from_tables"
bar 'from the cache' "$from_cache" "$from_tables"

printf '\n  %-45s %15s  %-6s  %7s\n' request answered cache 'read ms'
call GET /health
expect 'the service is up' 200
sign_in alice@example.com Alice-demo-1
echo "Authorization: Bearer $token" >"$answers/alice"
alice=(--header "@$answers/alice")
call GET /users/1 "${admin[@]}"
expect 'the first read misses: from the database, and stored' 200 miss
call GET /users/1 "${admin[@]}"
expect 'the second comes from the cache' 200 hit
call GET '/users/1?useCache=false' "${admin[@]}"
expect 'past the cache, from the database again' 200 bypass

call GET /roles "${alice[@]}"
expect 'the roles, which were cached when the service started' 200 hit
call GET /settings "${alice[@]}"
expect 'and the settings' 200 hit

call GET /users/2 "${admin[@]}"
call GET /users/2 "${admin[@]}"
expect "Alice's profile is cached" 200 hit
call PUT /users/2/roles "${admin[@]}" "${json_body[@]}" '{"roles":["member","support"]}'
expect 'a new role clears both caches: the profile, and the permissions in Redis' 200
call GET /users/2 "${admin[@]}"
expect "so both are read anew (X-Permissions-Cache: $permissions)" 200 miss
[[ $permissions == miss ]] || fail 'permissions after a change of roles' "X-Permissions-Cache: miss, got '$permissions'"
grep -q '"permissions":\["users:read"\]' "$answers/body" || fail 'permissions after a change of roles' 'users:read'
call DELETE '/admin/cache/entry?key=user_profile:2' "${admin[@]}"
expect 'with the profile alone removed' 204
call GET /users/2 "${admin[@]}"
expect "its permissions still come from Redis (X-Permissions-Cache: $permissions)" 200 miss
[[ $permissions == hit ]] || fail 'permissions of a profile that was removed' "X-Permissions-Cache: hit, got '$permissions'"
call PUT /users/2/roles "${admin[@]}" "${json_body[@]}" '{"roles":["member"]}'
expect 'and Alice is a plain member again' 200

name="Admin at $(date +%H.%M.%S)"
call PUT /users/1 "${admin[@]}" "${json_body[@]}" "{\"displayName\":\"$name\",\"phone\":\"+1 555 0100\"}"
expect 'an update removes the cached profile' 200
call GET /users/1 "${admin[@]}"
expect "so that the next read misses, and shows '$(json display_name)'" 200 miss
same display_name "$name" 'the read after the update'
call GET /users/1 "${admin[@]}"
expect 'and the one after it hits again' 200 hit
same display_name "$name" 'the cached read after the update'

if command -v psql >/dev/null && [[ -n $(setting Host) ]]; then
  notice="Back at $(date +%H.%M.%S)"
  request='psql'
  in_psql "UPDATE auth.settings SET value = '$notice' WHERE name = 'maintenance_notice'" || fail 'an UPDATE typed into psql' 'it to succeed'
  call GET /settings "${alice[@]}"
  expect "an UPDATE in psql: a trigger removed the settings, so '$notice'" 200 miss
  grep -q "$notice" "$answers/body" || fail 'the settings after an UPDATE in psql' "'$notice'"
  call PUT /settings/maintenance_notice "${admin[@]}" "${json_body[@]}" '{"value":""}'
  expect 'and back by the service, whose transaction it removes them in too' 204
else
  printf '  (no UPDATE past the service: that takes psql, and Host=.. in ConnectionStrings__Postgres)\n'
fi

call GET /statistics/users "${admin[@]}"
expect "a heavy query counts $(thousands "$(json total_users)") users" 200
call GET /statistics/users "${admin[@]}"
expect 'and not again: its result is in memory and in the cache' 200
call GET /metrics
expect "metrics for Prometheus: $(grep -c '^solid_cache_' "$answers/body") lines of the cache" 200
grep -q '^solid_cache_hits_total' "$answers/body" || fail 'metrics' 'solid_cache_hits_total'

for (( expired = 0, deadline = SECONDS + 60; expired < reads; )); do
  (( SECONDS < deadline )) || fail 'expired profiles' "$reads of them"
  sleep 0.2
  call GET /metrics/solid-cache "${admin[@]}"
  expired=$(json expired_entries) entries=$(json total_entries)
done
expect "statistics: the profiles have expired, $expired of $entries entries" 200
call POST /admin/cache/cleanup
expect 'nobody may clean up' 401
call POST /admin/cache/cleanup "${alice[@]}"
expect 'nor may Alice, who lacks the permission' 403
call POST /admin/cache/cleanup "${admin[@]}"
deleted=$(json deleted_count)
expect "the administrator may: $deleted expired entries deleted" 200
(( deleted >= expired )) || fail 'clean-up' "a deleted_count of at least $expired"

call GET /health
expect "healthy: database, Redis, cache" 200
printf '\n  %s\n' "$(<"$answers/body")"

cat <<END

A profile takes $from_tables ms from the tables of $(thousands "$users") users and $from_cache ms from the cache, where it is $(awk "BEGIN { printf \"%.1f\", $from_tables / $from_cache }") times as fast.
What an update or a change of roles made stale was gone with its answer: the next read showed the new name and the new permissions.
Of $entries entries $deleted had expired, which made them misses for every reader, and one cleanup deleted them.
END
