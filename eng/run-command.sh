# shellcheck shell=bash
# Sourced by scripts that keep a server running for a command.

# run_command COMMAND...: runs it, passes signals on, and exits the script with its exit code.
# Bash handles signals only between foreground commands, so that a TERM would wait for COMMAND's end:
# COMMAND runs beside the shell instead, in the same process group (Ctrl-C still reaches it), with the
# signals that the shell would have it ignore put back, and the TERM handed on.
run_command() {
  local status=0
  ( trap - INT QUIT; exec "$@" ) <&0 &
  command=$!
  trap 'kill -TERM "$command" 2>/dev/null || true' TERM HUP
  # Ctrl-C is COMMAND's to answer. Only macOS' Bash 3 cannot give it back to COMMAND, which gets a TERM.
  trap '(( BASH_VERSINFO[0] > 3 )) || kill -TERM "$command" 2>/dev/null || true' INT

  wait "$command" || status=$?
  while kill -0 "$command" 2>/dev/null; do # the wait was cut short by a signal
    status=0
    wait "$command" || status=$?
  done
  exit "$status"
}
