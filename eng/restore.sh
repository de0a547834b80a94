#!/usr/bin/env bash
# Restores exactly the packages that the lock files name, and says so when nobody could tell whether any of them has a known vulnerability: one that
# has fails the restore, but only if a feed offers data about vulnerabilities.
#
# Lock files hold what the SDK itself adds, in versions of its own and for its machine: with another SDK, or on another kind of machine, than where they
# were written the restore is not locked, and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

locked_by=10.0.401
locked_on='Linux x86_64'

# On GitHub a line that starts so is shown above the log.
note() { echo "${GITHUB_ACTIONS:+::warning::}restore: $*"; }

# has_audit_data: whether any enabled feed offers it.
has_audit_data() {
  local source index
  while read -r source; do
    index=$(curl --silent --fail --location --max-time 20 "$source") || continue
    [[ $index != *'"VulnerabilityInfo/'* ]] || return 0
  done < <(dotnet nuget list source --format short | sed -nE 's/^E[^ ]* +//p')
  return 1
}

locked=(--locked-mode)
here="$(dotnet --version) on $(uname -sm)"
if [[ $here != "$locked_by on $locked_on" ]]; then
  locked=()
  note "NOT LOCKED: the lock files are of SDK $locked_by on $locked_on, and this is $here"
fi

output=$(dotnet restore SolidCache.Postgres.sln ${locked[@]+"${locked[@]}"} 2>&1) || { echo "$output" >&2; exit 1; }
echo "$output"
if grep -qE 'NU190[05]' <<<"$output"; then
  note 'NOT AUDITED: the data about known vulnerabilities could not be read'
elif ! has_audit_data; then
  note 'NOT AUDITED: no feed offers data about known vulnerabilities'
fi
