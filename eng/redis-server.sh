#!/usr/bin/env bash
# Makes sure that the program redis-server is there, which the sample's tests start and kill: asks apt-get, for root, else says what to do.
set -euo pipefail

if command -v redis-server >/dev/null; then
  exit 0
fi
if (( EUID == 0 )) && command -v apt-get >/dev/null; then
  echo 'redis-server: asking apt-get for Redis' >&2
  apt-get update -qq >/dev/null 2>&1 || true
  # RUNLEVEL and systemctl: the program only, no server that starts now or with the machine.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends redis-server >/dev/null 2>&1 || true
  systemctl disable redis-server >/dev/null 2>&1 || true
fi
command -v redis-server >/dev/null || echo "redis-server: not found; the tests that kill Redis will fail. Install Redis (apt-get install redis-server, brew install redis)." >&2
