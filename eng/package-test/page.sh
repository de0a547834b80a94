#!/usr/bin/env bash
# Does in the current folder what a page says, as its reader would:
#
#   eng/package-test/page.sh PAGE
#
# Executes its `dotnet new`, `dotnet add` and `dotnet run`, pastes its programs (a block of C# that begins with `using` is a new Program.cs,
# those that follow go below it), and sends its `curl`s. What a command says must be the comment behind it, nothing warns, and of a call
# nothing is on the program's console.
set -euo pipefail

port=$("$(dirname "${BASH_SOURCE[0]}")/../free-port.sh")
log=$(mktemp)
process=''
is_new=no # whether there is a program that has not been run

stop() {
  [[ -z $process ]] || { kill -TERM "$process" 2>/dev/null || true; wait "$process" 2>/dev/null || true; }
  process=''
}
trap 'stop; rm -f "$log"' EXIT

fail() {
  echo "package-test: $page: $1" >&2
  cat "$log" >&2
  exit 1
}

# Builds the program and starts it, unless that is done.
start() {
  [[ $is_new == yes ]] || return 0
  is_new=no
  dotnet build -c Release --nologo -v quiet -clp:NoSummary -warnaserror >"$log" 2>&1 || fail "this does not build: $(<Program.cs)"
  # What ASP.NET Core itself says where nothing encrypts its keys is no matter of the page.
  env ASPNETCORE_ENVIRONMENT=Development 'Logging__LogLevel__Microsoft.AspNetCore.DataProtection=Error' \
    dotnet "bin/Release/net10.0/${PWD##*/}.dll" --urls "http://127.0.0.1:$port" >"$log" 2>&1 &
  process=$!
}

# ask LINE: executes the command until it says what the comment says; a program needs a while to start.
ask() {
  local command=${1%%#*} expected='' answer=''
  [[ $1 != *'# '* ]] || expected=${1##*# }
  for (( attempt = 0; attempt < 150; attempt++ )); do
    ! answer=$(eval "${command//localhost:5000/127.0.0.1:$port}") || [[ $answer != "$expected" ]] || return 0
    [[ -n $process ]] || break
    kill -0 "$process" 2>/dev/null || fail 'the program ended'
    sleep 0.2
  done
  fail "'$1' said '$answer'"
}

# The program is done with: its console may hold its start, and nothing of a call's.
finish() {
  [[ $is_new == no ]] || fail "nobody runs this: $(<Program.cs)"
  stop
  ! grep -nE 'warn:|fail:|crit:|Npgsql\.Command' "$log" || fail 'the console is not quiet'
}

curl() { command curl --silent --show-error --fail --noproxy '*' "$@" 2>/dev/null; }

page=$1
block=''
programs=0
while IFS= read -r line <&3; do
  case $block$line in
    '```'*) block=${line#'```'}; block=${block:+$block:}; is_first=yes; continue ;;
    *'```') block='' ;;
    csharp:*)
      if [[ $is_first == yes && $line == 'using '* ]]; then
        finish
        : >Program.cs
        is_new=yes programs=$(( programs + 1 ))
      fi
      echo "$line" >>Program.cs ;;
    sh:*'dotnet new '*|sh:'dotnet add '*) eval "$line" >/dev/null ;;
    sh:'dotnet run '*) is_new=no; ask "${line#sh:}" ;;
    sh:'curl '*) start; ask "$line" ;;
  esac
  is_first=no
done 3<"$page"
finish
(( programs > 0 )) || fail 'there is no program'
echo "package-test: $page: programs that run as pasted: $programs"
