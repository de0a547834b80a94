# shellcheck shell=bash
# Sourced by scripts that start a server: with a password that nobody guesses, and never as root.

new_password() { od -An -N 16 -tx1 /dev/urandom | tr -d ' \n'; }

# server_user NAME: whom root hands its part to; the package's user, where there is one.
server_user() { id -un "$1" 2>/dev/null || echo nobody; }

# as_server_user NAME COMMAND...: as that user when root, else as oneself.
as_server_user() {
  local user
  user=$(server_user "$1")
  shift
  if (( EUID != 0 )); then
    "$@"
  elif command -v runuser >/dev/null; then
    runuser -u "$user" -- "$@"
  else
    # shellcheck disable=SC2016 # the other user's shell expands it
    su -s /bin/sh -c 'exec "$0" "$@"' -- "$user" "$@"
  fi
}
